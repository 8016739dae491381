// The station page plays, shows a new title without a reload, and works with the keyboard alone.
// Arguments: the URL of the page.

import { strict as assert } from "node:assert";
import { open, until, visit } from "./browser.js";

const LONG_S = 10;
const [url] = process.argv.slice(2);
const browser = await open();
const { page, faults } = await visit(browser, url);
const audio = (property) => page.evaluate((name) => document.querySelector("audio")[name], property);
const song = () => page.locator("[data-part=song]").textContent();
// After a stop, `networkState` is NETWORK_NO_SOURCE (3) for a moment, and then NETWORK_EMPTY (0).
const disconnected = () => until("no connection", async () => (await audio("networkState")) === 0);
const button = page.getByRole("button", { name: /^(Play|Stop)$/ });

// Nothing is loaded before a click.
await disconnected();
assert.equal(await button.textContent(), "Play");

// With the keyboard alone: the button is the first element to get the focus after the links above it.
await until("the button to have the focus", async () => {
  await page.keyboard.press("Tab");
  return page.evaluate(() => document.activeElement.matches("button.play"));
});
const outline = await button.evaluate((it) => getComputedStyle(it).outlineStyle);
assert.equal(outline, "solid", "the focus is visible");
await page.keyboard.press("Enter");
await page.getByText("Playing live").waitFor();
assert.equal(await button.textContent(), "Stop");

const first = await song();
const from = await audio("currentTime");
const began = Date.now();
await until("ten seconds to be played", async () => (await audio("currentTime")) - from >= LONG_S);
assert.ok(Date.now() - began > (LONG_S - 1) * 1000, "playback is not faster than real time");
await until("another title", async () => (await song()) !== first);
const second = await song();
const before = page.locator("[data-part=history] li").first();
assert.ok((await before.textContent()).includes(first), "the previous title is in the history");
assert.ok((await page.title()).includes(second), "the title of the page is the audible one");
assert.ok((await page.locator("[data-part=spoken]").textContent()).includes(second), "screen readers get the new title");
const metadata = await page.evaluate(() => {
  const { title, artwork } = navigator.mediaSession.metadata;
  return { title, art: artwork.map(({ src, type }) => [new URL(src).pathname, type]), state: navigator.mediaSession.playbackState };
});
// Lock screens show PNG, not SVG.
assert.deepEqual(metadata, { title: second, art: [["/assets/cover.png", "image/png"]], state: "playing" });
await until("the listener to be counted", async () => (await page.locator("[data-part=listeners]").textContent()) === "1");

// Stop closes the stream and drops the buffered audio.
await page.keyboard.press("Space");
assert.equal(await button.textContent(), "Play");
await disconnected();
await until("a count of no listeners", async () => (await page.locator("[data-part=listeners]").textContent()) === "0");

// Play starts again at the live edge.
await page.keyboard.press("Space");
await page.getByText("Playing live").waitFor();
assert.ok((await audio("currentTime")) < 6, "playback starts at the live edge");
// A headset or the operating system pauses the playback.
await page.evaluate(() => document.querySelector("audio").pause());
await until("the pause to stop the stream", async () => (await button.textContent()) === "Play");

assert.deepEqual(faults, []);
await browser.close();
