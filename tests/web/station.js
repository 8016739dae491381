// A station's page: it plays, shows a new title by itself, and can be used with keys alone.
// Arguments: the address of the page.

import { strict as assert } from "node:assert";
import { open, until, visit } from "./browser.js";

const LONG_S = 10;
const [url] = process.argv.slice(2);
const browser = await open();
const { page, faults } = await visit(browser, url);
const audio = (what) => page.evaluate((name) => document.querySelector("audio")[name], what);
const song = () => page.locator("[data-part=song]").textContent();
// For a moment it looks for another source, which it does not have: 3, and then 0.
const letGo = () => until("no connection", async () => (await audio("networkState")) === 0);
const button = page.getByRole("button", { name: /^(Play|Stop)$/ });

// Nothing is loaded before somebody wants it.
await letGo();
assert.equal(await button.textContent(), "Play");

// Keys alone: the first thing to reach behind the links above it is the button.
await until("the button to have the focus", async () => {
  await page.keyboard.press("Tab");
  return page.evaluate(() => document.activeElement.matches("button.play"));
});
const outline = await button.evaluate((it) => getComputedStyle(it).outlineStyle);
assert.equal(outline, "solid", "who has the focus is seen");
await page.keyboard.press("Enter");
await page.getByText("Playing live").waitFor();
assert.equal(await button.textContent(), "Stop");

const first = await song();
const from = await audio("currentTime");
const began = Date.now();
await until("ten seconds to be played", async () => (await audio("currentTime")) - from >= LONG_S);
assert.ok(Date.now() - began > (LONG_S - 1) * 1000, "it plays no faster than it is");
await until("another title", async () => (await song()) !== first);
const second = await song();
const before = page.locator("[data-part=history] li").first();
assert.ok((await before.textContent()).includes(first), "what was on is told");
assert.ok((await page.title()).includes(second), "the title is that of what is heard");
assert.ok((await page.locator("[data-part=spoken]").textContent()).includes(second), "it is said");
const metadata = await page.evaluate(() => {
  const { title, artwork } = navigator.mediaSession.metadata;
  return { title, art: artwork.length, state: navigator.mediaSession.playbackState };
});
assert.deepEqual(metadata, { title: second, art: 1, state: "playing" });
await until("the listener to be counted", async () => (await page.locator("[data-part=listeners]").textContent()) === "1");

// Stop lets go of the stream, and of what came of it.
await page.keyboard.press("Space");
assert.equal(await button.textContent(), "Play");
await letGo();
await until("the listener to be gone", async () => (await page.locator("[data-part=listeners]").textContent()) === "0");

// Play begins anew, at what is on the air by then.
await page.keyboard.press("Space");
await page.getByText("Playing live").waitFor();
assert.ok((await audio("currentTime")) < 6, "it joins live");
// Somebody else pauses: a headset, the system.
await page.evaluate(() => document.querySelector("audio").pause());
await until("a pause to be a stop", async () => (await button.textContent()) === "Play");

assert.deepEqual(faults, []);
await browser.close();
