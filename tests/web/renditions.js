// The station page plays the rendition that the listener chooses, remembers it, and plays a lower one while the
// chosen one cannot be played. It offers them without JavaScript, too.
// Arguments: the URL of the server. Station 1 has renditions of 64 and 32 kbit/s; that of 64 has room for one listener.

import { strict as assert } from "node:assert";
import http from "node:http";
import { open, until, visit } from "./browser.js";

const [base] = process.argv.slice(2);
const browser = await open();
const { page, faults } = await visit(browser, `${base}/index.html?sid=1`);
const quality = page.getByRole("navigation", { name: "Quality" });
const link = (kbps, within = quality) => within.getByRole("link", { name: `${kbps} kbit/s MP3` });
const current = (within = quality) => within.locator("[aria-current=true]").evaluateAll((links) => links.map((it) => it.textContent));
// A no-break space keeps number and unit together.
const isCurrent = async (kbps) => (await current()).join().startsWith(`${kbps}\u00a0kbit/s`);
const stream = () => page.evaluate(() => new URL(document.querySelector("audio").src, location.href).pathname);
const plays = (path) =>
  until(`sound of ${path}`, async () => (await stream()) === path && page.evaluate(() => document.querySelector("audio").currentTime > 0.5));
const sum = () => page.locator("[data-part=listeners]").textContent();
const listeners = (kbps) => link(kbps).locator("b").textContent();

// Takes the only place of the rendition of 64 kbit/s. Returns null while the page's old connection has it.
function take() {
  return new Promise((resolve) => {
    const request = http.get(`${base}/live-64`, (response) => {
      response.on("error", () => {}).resume();
      resolve(response.statusCode === 200 ? request : null);
    });
  });
}

// The best first, and chosen at first.
assert.deepEqual((await quality.getByRole("link").allTextContents()).map((it) => parseInt(it, 10)), [128, 64, 32]);
assert.ok(await isCurrent(128));
await page.getByRole("button", { name: "Play" }).click();
await plays("/live");

// Another rendition is chosen with the keyboard. Playback goes on, and the page is the same.
await page.evaluate(() => (globalThis.isSamePage = true));
await link(64).focus();
await page.keyboard.press("Enter");
await plays("/live-64");
assert.ok(await isCurrent(64));
assert.ok(await page.evaluate(() => globalThis.isSamePage), "no other page is loaded");
assert.equal(await page.getByRole("button", { name: "Stop" }).count(), 1);
await until("the listener to be counted at its rendition", async () => (await listeners(64)) === "1" && (await listeners(128)) === "0");
assert.equal(await sum(), "1", "the sum of all renditions");

// The choice is remembered: after a reload, and on the page of the station, but not on that of another rendition.
await page.reload();
assert.ok(await isCurrent(64));
await page.goto(`${base}/index.html?sid=1`);
assert.ok(await isCurrent(64));
await page.getByRole("button", { name: "Play" }).click();
await plays("/live-64");
const other = await page.context().newPage();
await other.goto(await link(32).evaluate((it) => it.href));
assert.match((await current(other.getByRole("navigation", { name: "Quality" }))).join(), /^32\s/);
await other.close();

// While the only place is taken, the page plays the next lower rendition. The choice stays.
await page.getByRole("button", { name: "Stop" }).click();
const taker = await until("the place to be taken", take);
await page.getByRole("button", { name: "Play" }).click();
await plays("/live-32");
assert.ok(await isCurrent(32), "the page shows which rendition it plays");
taker.destroy();
await until("the place to be free again", async () => (await listeners(64)) === "0");
await page.getByRole("button", { name: "Stop" }).click();
await page.getByRole("button", { name: "Play" }).click();
await plays("/live-64");

// Back to the station's own stream.
await link(128).click();
await plays("/live");
await page.reload();
assert.ok(await isCurrent(128));
// The browser logs the refusals of the full rendition. These are not faults.
assert.deepEqual(faults.filter((fault) => !/status of 403/.test(fault)), []);

// Without JavaScript, the links lead to pages whose player has the rendition.
const plain = await visit(browser, `${base}/index.html?sid=1`, { javaScriptEnabled: false });
await link(64, plain.page).click();
assert.ok(await plain.page.locator("audio[controls][src='/live-64']").isVisible());
assert.match((await current(plain.page)).join(), /^64\s/);
await browser.close();
process.exit(0);
