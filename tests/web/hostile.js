// Markup in names and titles is shown as text.
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
const adminPage = await visit(browser, `${base.replace("http://", `http://admin:${password}@`)}/admin/`);

const card = adminPage.page.locator("#stations article").first();
await card.getByRole("button", { name: "Set title" }).waitFor();
await card.locator("input").fill(TITLE);
await card.getByRole("button", { name: "Set title" }).click();
const shown = (page, where) => page.locator(where).first().textContent();
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
