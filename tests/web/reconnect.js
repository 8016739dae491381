// The station page shows when its stream ends, and reconnects by itself.
// Arguments: the URL of the server, the admin password.

import { strict as assert } from "node:assert";
import { open, until, visit } from "./browser.js";

const [base, password] = process.argv.slice(2);
const browser = await open();
const { page, faults } = await visit(browser, `${base}/index.html?sid=1`);
const state = page.locator(".state");
await page.evaluate(() => {
  globalThis.states = [];
  const record = () => globalThis.states.push(document.querySelector(".state").textContent);
  new MutationObserver(record).observe(document.querySelector(".state"), { childList: true, characterData: true, subtree: true });
});
await page.getByRole("button", { name: "Play" }).click();
await until("playback", async () => (await state.textContent()) === "Playing live");
await page.evaluate(() => (globalThis.states.length = 0));
const Authorization = `Basic ${btoa(`admin:${password}`)}`;
const kicked = await fetch(`${base}/api/v1/admin/stations/1/kick`, {
  method: "POST",
  headers: { Authorization },
  body: new URLSearchParams({ client: "all" }),
});
assert.equal(kicked.status, 200);
await until("playback after the reconnect", async () => {
  const states = await page.evaluate(() => globalThis.states);
  const lost = states.indexOf("The connection was lost. Reconnecting…");
  return lost >= 0 && states.indexOf("Playing live", lost) > lost;
});
assert.equal(await page.getByRole("button", { name: "Stop" }).count(), 1);
assert.deepEqual(faults, []);
await browser.close();
