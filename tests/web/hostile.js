// Markup in names and titles is shown as text. A source without titles does not get the title before it.
// Arguments: the URL of the server, the admin password, the password of a DJ, a file to play, the hostile
// name of the station.

import { strict as assert } from "node:assert";
import { open, until, visit } from "./browser.js";
import { goLive } from "./source.js";

const [base, password, djPassword, file, name] = process.argv.slice(2);
const TITLE = `</script><b>x</b> ]]> --> <img src=x onerror="document.title='owned'"> & a;b='c'`;
const browser = await open();
const dj = await goLive(base, "/live", { user: "source", password: djPassword, file });
const stationPage = await visit(browser, `${base}/index.html?sid=1`);
const shown = (page, where) => page.locator(where).first().textContent();

// The title of the AutoDJ was on air before. The page gets the events before it plays.
await until("the source on the page", async () => (await shown(stationPage.page, "[data-part=kind]")).startsWith("Live"));
for (const path of ["/index.html?sid=1", "/embed?sid=1", "/index.html?sid=0"]) {
  await stationPage.page.goto(base + path);
  if (path.endsWith("sid=1")) {
    await stationPage.page.getByRole("button", { name: "Play" }).click();
    await stationPage.page.getByText("Playing live").waitFor();
  }
  assert.equal(await shown(stationPage.page, "[data-part=song]"), "Unknown title", path);
}
await stationPage.page.goto(`${base}/index.html?sid=1`);

const adminPage = await visit(browser, `${base.replace("http://", `http://admin:${password}@`)}/admin/`);

await adminPage.page.locator("#stations .card").first().getByRole("button", { name: "Set title" }).click();
await adminPage.page.getByRole("dialog").getByLabel("Title").fill(TITLE);
await adminPage.page.getByRole("dialog").getByRole("button", { name: "Set title" }).click();
await until("the title on the admin page", async () => (await shown(adminPage.page, "#stations .on")) === TITLE);
await until("the title in the log", async () => (await adminPage.page.locator("#log").textContent()).includes("</script><b>x"));
await until("the title on the station page", async () => (await shown(stationPage.page, "[data-part=song]")) === TITLE);
await stationPage.page.reload();
await until("the title in the page after a reload", async () => (await shown(stationPage.page, "[data-part=song]")) === TITLE);
assert.equal(await shown(stationPage.page, "h1"), name);
for (const { page, faults } of [stationPage, adminPage]) {
  assert.equal(await page.locator("b, img[src=x]").count(), 0);
  assert.notEqual(await page.title(), "owned");
  assert.deepEqual(faults, []);
}
dj.end();
await browser.close();
