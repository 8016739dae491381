// One player goes on while the visitor opens other pages of the server; names of any length fit; the play button is
// in the first screen of a phone; the volume is hidden where it has no effect.
// Arguments: the URL of the server, which has stations 1 and 2, and a long name for station 3.

import { strict as assert } from "node:assert";
import { checkWidth, open, until, visit } from "./browser.js";

const [base] = process.argv.slice(2);
const PHONE = { width: 375, height: 667 };
const browser = await open();
const { page, faults } = await visit(browser, `${base}/index.html`, { viewport: PHONE });
const streams = [];
page.on("request", (request) => request.resourceType() === "media" && streams.push(new URL(request.url()).pathname));
// A mark of the document: a page that is loaded loses it.
const mark = () => page.evaluate(() => (globalThis.mark ??= Math.random()));
const played = () => page.evaluate(() => document.querySelector("audio").currentTime);
const bar = page.locator(".bar");
const own = page.locator("main .player .play");

// From the overview to a station, as a link.
await page.getByRole("link", { name: "Harbour FM" }).click();
await page.locator("h1", { hasText: "Harbour FM" }).waitFor();
await own.click();
await page.getByText("Playing live").waitFor();
const first = await mark();
const from = await played();

// Back to the overview, and to another station: the same connection plays.
await page.getByRole("link", { name: "All stations" }).click();
await page.locator("h1", { hasText: "Stations" }).waitFor();
assert.ok(await bar.isVisible(), "the bar shows what plays");
assert.ok((await bar.textContent()).includes("Harbour FM"));
await until("the title in the bar", async () => (await bar.locator("[data-part=song]").textContent()).length > 0);
await page.getByRole("link", { name: "Night Ferry" }).click();
await page.locator("h1", { hasText: "Night Ferry" }).waitFor();
assert.equal(new URL(page.url()).search, "?sid=2");
assert.equal(await own.textContent(), "Play", "the button of the page is that of its station");
assert.ok(await bar.isVisible());
await checkWidth(page);
// Titles go on changing on a page that was opened during playback.
const song = page.locator("main [data-part=song]");
const opened = await song.textContent();
await until("the next title of the other station", async () => (await song.textContent()) !== opened);
await until("three seconds more", async () => (await played()) > from + 3);
assert.equal(await mark(), first, "no page was loaded");
assert.deepEqual(streams, ["/live"], "one connection");

// A page that cannot be loaded: the player goes on, and the address stays, also after the browser's button.
const isStation = (url) => url.search === "?sid=1";
const notice = page.locator(".offline");
await page.route(isStation, (route) => route.fulfill({ status: 502, body: "Bad Gateway" }));
await page.getByRole("link", { name: "All stations" }).click();
await page.locator("h1", { hasText: "Stations" }).waitFor();
await page.locator(".stations").getByRole("link", { name: "Harbour FM" }).click();
await notice.getByText("The page cannot be loaded").waitFor();
assert.ok(page.url().endsWith("/index.html"), page.url());
await page.goBack();
await page.locator("h1", { hasText: "Night Ferry" }).waitFor();
assert.equal(await notice.textContent(), "");
await page.evaluate(() => history.go(-2));
await notice.getByText("The page cannot be loaded").waitFor();
await until("the address of the page", () => new URL(page.url()).search === "?sid=2");
assert.equal(await page.locator("main h1").textContent(), "Night Ferry");
await page.unroute(isStation);
// A station that does not exist any more.
await page.evaluate(() => {
  document.querySelector("main").append(Object.assign(document.createElement("a"), { href: "/index.html?sid=99", textContent: "Gone" }));
});
await page.getByRole("link", { name: "Gone" }).click();
await page.locator("h1", { hasText: "There is nothing at this address" }).waitFor();
assert.ok(await bar.isVisible());
await page.goBack();
await page.locator("h1", { hasText: "Night Ferry" }).waitFor();
assert.equal(await mark(), first, "no page was loaded");
assert.deepEqual(streams, ["/live"], "still one connection");

// Back with the browser's button, to the station that plays: its own controls take over.
await page.goBack();
await page.goBack();
await page.locator("h1", { hasText: "Harbour FM" }).waitFor();
assert.equal(await own.textContent(), "Stop");
assert.ok(!(await bar.isVisible()));
assert.equal(await page.locator("main .state").textContent(), "Playing live");
assert.deepEqual(streams, ["/live"]);

// The other station is played instead, and stopped from the bar.
await page.goForward();
await page.goForward();
await page.locator("h1", { hasText: "Night Ferry" }).waitFor();
await own.click();
await until("the other stream", async () => streams.at(-1) === "/ferry");
await page.locator("main .state", { hasText: "Playing live" }).waitFor();
assert.ok(!(await bar.isVisible()));
assert.equal(await page.locator("audio").count(), 1);
await page.getByRole("link", { name: "All stations" }).click();
await bar.getByRole("button", { name: "Stop" }).click();
await until("no connection", () => page.evaluate(() => document.querySelector("audio").networkState === 0));
assert.equal(await bar.getByRole("button").textContent(), "Play");
// The browser also logs each request that fails. These are not faults.
assert.deepEqual(faults.filter((fault) => !/Failed to load resource/.test(fault)), []);
await page.context().close();

// The first screen of a phone, also with names of 300 characters.
for (const sid of [1, 3]) {
  const { page: phone, faults: phoneFaults } = await visit(browser, `${base}/index.html?sid=${sid}`, { viewport: PHONE });
  const button = await phone.locator("main .play").boundingBox();
  assert.ok(button.y + button.height <= PHONE.height, `${sid}: the play button ends at ${button.y + button.height}`);
  await checkWidth(phone);
  const heading = await phone.locator("h1").evaluate((it) => it.getBoundingClientRect().height);
  assert.ok(heading < 120, `${sid}: the name is ${heading} pixels high`);
  assert.ok(await phone.locator("input[type=range]").isVisible());
  assert.deepEqual(phoneFaults, []);
  await phone.context().close();
}

// iPhones ignore the volume that a script sets.
const context = await browser.newContext({ viewport: PHONE });
await context.addInitScript(() => {
  Object.defineProperty(HTMLMediaElement.prototype, "volume", { get: () => 1, set: () => {} });
});
const iphone = await context.newPage();
await iphone.goto(`${base}/index.html?sid=1`);
await iphone.locator("main .play").waitFor();
assert.ok(!(await iphone.locator("input[type=range]").isVisible()), "a volume without effect is hidden");
await browser.close();
