// The admin page with twelve stations and hundreds of listeners: pages of a hundred, search, order, the keyboard, the
// filters of the log, and a graph for each station. axe-core finds nothing in any tab, in light and dark mode, on a phone
// and a desktop. With a third argument, it also saves a picture of every tab there.
// Arguments: the URL of the server, the admin password, a folder for pictures.

import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { createRequire } from "node:module";
import { checkWidth, open, until, visit } from "./browser.js";

const [base, password, folder] = process.argv.slice(2);
const LISTENERS = 230;
const STOPS_MAX = 10;
const TABS = ["Stations", "Listeners", "Log", "Bans", "Last 24 hours", "Conversion", "Configuration"];
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await open();
const url = `${base.replace("http://", `http://admin:${password}@`)}/admin/`;

// The listeners come through a trusted proxy, from 203.0.113.1 on.
const agent = new http.Agent({ maxSockets: Infinity });
let connected = 0;
for (let number = 1; number <= LISTENERS; number += 1) {
  const headers = { "User-Agent": number === 7 ? "RadioDroid2 0.86" : "VLC/3.0.24", "X-Forwarded-For": `203.0.113.${number}` };
  http.get(`${base}/s1`, { agent, headers }, (response) => {
    connected += 1;
    response.resume();
  });
}
await until("all listeners", () => connected === LISTENERS);
// A failed login, so that there is a warning about a station.
await fetch(`${base}/s2`, { method: "PUT", headers: { Authorization: `Basic ${btoa("source:wrong")}`, "Content-Type": "audio/mpeg" } });

const { page, faults } = await visit(browser, url);
const show = (tab) => page.getByRole("tab", { name: tab }).click();
const rows = page.locator("#listeners tr");
const count = page.locator("#listeners-count");

// A hundred listeners at a time, and no request returns more.
const sizes = [];
page.on("response", async (response) => {
  if (response.url().includes("/listeners?")) sizes.push((await response.json()).listeners.length);
});
await show("Listeners");
await page.getByText(`1–100 of ${LISTENERS} connections`).waitFor();
assert.equal(await rows.count(), 100);
await page.getByRole("button", { name: "Next" }).click();
await page.getByText(`101–200 of ${LISTENERS} connections`).waitFor();
await page.locator("#page").fill("3");
await page.locator("#page").press("Enter");
await page.getByText(`201–${LISTENERS} of ${LISTENERS} connections`).waitFor();
assert.equal(await rows.count(), LISTENERS - 200);
assert.ok(await page.getByRole("button", { name: "Next" }).isDisabled());
// The server searches and sorts, from the first page on.
await page.locator("#search").fill("radiodroid 203.0.113.0/28");
await page.getByText(`1–1 of 1 that match, ${LISTENERS} connections in all`).waitFor();
assert.match(await rows.first().textContent(), /203\.0\.113\.7/);
await page.locator("#search").fill("");
await page.locator("#sort").selectOption({ label: "address, descending" });
await until("the last address in the first row", async () => (await rows.first().textContent()).startsWith(`203.0.113.${LISTENERS}`));
await page.getByRole("button", { name: "Address", exact: true }).click();
await until("the first address in the first row", async () => (await rows.first().textContent()).startsWith("203.0.113.1V"));
assert.equal(await page.locator("th[aria-sort=ascending]").textContent(), "Address");
assert.ok(Math.max(...sizes) <= 100, `${sizes}`);

// Everything is at most ten Tab presses away, whatever tab is shown, and the arrow keys reach every button of a row.
const focused = () => page.evaluate(() => {
  const { activeElement: it } = document;
  return it === document.body ? null : `${it.id || it.getAttribute("aria-label") || it.textContent}`;
});
for (const tab of TABS) {
  await show(tab);
  // From the beginning of the page, not from the tab that was clicked.
  await page.evaluate(() => Object.assign(document.querySelector("h1"), { tabIndex: -1 }).focus());
  const stops = [];
  for (;;) {
    await page.keyboard.press("Tab");
    const stop = await focused();
    if (!stop || stop === "Public page") break;
    stops.push(stop);
    assert.ok(stops.length <= STOPS_MAX, `${tab}: ${stops.join(", ")}`);
  }
  assert.ok(stops.some((stop) => stop.startsWith("tab-")), `${tab}: ${stops.join(", ")}`);
}
await show("Listeners");
await rows.first().getByRole("button", { name: /Kick/ }).focus();
const walk = async (...keys) => {
  for (const key of keys) await page.keyboard.press(key);
  return focused();
};
assert.equal(await walk("ArrowDown"), "Kick 203.0.113.2");
assert.equal(await walk("ArrowRight", "ArrowRight"), "Ban 203.0.113.2");
assert.equal(await walk("PageDown"), "Ban 203.0.113.12");
assert.equal(await walk("End"), "Ban 203.0.113.100");
assert.equal(await walk("Home", "ArrowRight"), "User agent", "the heads of the columns are in the group");
// The arrow keys choose the tab, and the URL names it.
await page.getByRole("tab", { name: "Listeners" }).focus();
assert.equal(await walk("ArrowRight"), "tab-log");
assert.ok(page.url().endsWith("/admin/#log"), page.url());

// The log is filtered by station, level and text.
const log = page.locator("#log li");
const texts = async () => (await log.allTextContents()).join("\n");
await until("the failed login", async () => (await texts()).includes("authentication failed"));
await page.locator("#log-station").selectOption({ label: "Station 2" });
await until("only lines of the station", async () => !(await texts()).includes("/s1: "));
assert.ok((await texts()).includes("authentication failed"), "a failed login belongs to its station");
assert.ok((await texts()).includes("/s2: "));
await page.locator("#log-text").fill("AUTHENTICATION");
await until("only lines with the text", () => log.evaluateAll((all) => all.length > 0 && all.every((it) => it.textContent.includes("authentication"))));
await page.locator("#log-station").selectOption({ label: "all" });
await page.locator("#log-text").fill("");
await page.locator("#level").selectOption({ label: "warnings and errors" });
await until("only warnings", () => log.evaluateAll((all) => all.every((it) => ["warn", "error"].includes(it.className))));
await page.locator("#level").selectOption({ label: "everything" });
await until("all lines", async () => (await texts()).includes("/s1: "));

// Twelve stations have a graph and a name each, so that no colour or dash has to be recognised.
await show("Last 24 hours");
await until("twelve graphs", async () => (await page.locator("#audience svg").count()) === 12);
const names = await page.locator("#audience strong").allTextContents();
assert.deepEqual(names, Array.from({ length: 12 }, (_, index) => `Station ${index + 1}`));
assert.deepEqual(faults, []);
await page.context().close();

for (const colorScheme of ["light", "dark"]) {
  for (const width of [375, 1280]) {
    const { page, faults } = await visit(browser, url, { colorScheme, viewport: { width, height: 800 } });
    await page.locator("#stations .card").first().waitFor();
    await page.evaluate(axe);
    for (const tab of TABS) {
      await page.getByRole("tab", { name: tab }).click();
      const ready = { Listeners: "#listeners tr", Log: "#log li", "Last 24 hours": "#audience svg", Bans: "#no-bans", Configuration: "#reload" }[tab];
      await page.locator(ready ?? "#stations .card, #workers tr").locator("visible=true").first().waitFor();
      const where = `${tab}, ${colorScheme}, ${width}`;
      await checkWidth(page);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`), [], where);
      if (folder) await page.screenshot({ path: `${folder}/${tab}-${colorScheme}-${width}.png`.replaceAll(" ", "-") });
    }
    assert.deepEqual(faults, []);
    await page.context().close();
  }
}
await browser.close();
process.exit(0);
