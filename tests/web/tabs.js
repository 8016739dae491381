// Seven tabs with a station work: those that are hidden have no connection for events, and read them again when they
// are shown. A browser opens six connections to a server at most.
// Arguments: the URL of the server.

import { strict as assert } from "node:assert";
import { open, TIMEOUT_MS, until } from "./browser.js";

const TABS = 7;
const [base] = process.argv.slice(2);
const browser = await open();
// One context, so that all tabs share their connections.
const context = await browser.newContext();
context.setDefaultTimeout(TIMEOUT_MS);
// Headless Chromium shows all tabs, so the test says which one is hidden.
await context.addInitScript(() => {
  let state = "visible";
  Object.defineProperty(document, "visibilityState", { get: () => state });
  globalThis.setVisibility = (value) => {
    state = value;
    document.dispatchEvent(new Event("visibilitychange"));
  };
  const Native = EventSource;
  globalThis.sources = [];
  globalThis.EventSource = class extends Native {
    constructor(url) {
      super(url);
      globalThis.sources.push(this);
    }
  };
});
const isReading = (page) => page.evaluate(() => globalThis.sources.some((it) => it.readyState === EventSource.OPEN));
const isClosed = (page) => page.evaluate(() => globalThis.sources.every((it) => it.readyState === EventSource.CLOSED));

const tabs = [];
for (let number = 0; number < TABS; number += 1) {
  const tab = await context.newPage();
  await tab.goto(`${base}/index.html?sid=1`);
  await until(`events in tab ${number}`, () => isReading(tab));
  tabs.push(tab);
  if (number === 0) {
    await tab.getByRole("button", { name: "Play" }).click();
    await tab.getByText("Playing live").waitFor();
  }
  await tab.evaluate(() => globalThis.setVisibility("hidden"));
  // The one that plays goes on: the lock screen shows its titles.
  if (number > 0) await until(`no events in tab ${number}`, () => isClosed(tab));
}
assert.ok(await isReading(tabs[0]));
await until("playback in the first tab", () => tabs[0].evaluate(() => document.querySelector("audio").currentTime > 3));

// The last one is shown again, and has what happened meanwhile.
const last = tabs.at(-1);
const listener = await fetch(`${base}/live`);
await until("the listener in the tab that plays", async () => (await tabs[0].locator("[data-part=listeners]").textContent()) === "2");
assert.notEqual(await last.locator("[data-part=listeners]").textContent(), "2");
await last.evaluate(() => globalThis.setVisibility("visible"));
await until("the listener in the tab that is shown", async () => (await last.locator("[data-part=listeners]").textContent()) === "2");
await listener.body.cancel();
// Stopped while hidden, the first one closes its connection, too.
await tabs[0].evaluate(() => document.querySelector("main .play").click());
await until("no events in the first tab", () => isClosed(tabs[0]));
await browser.close();
