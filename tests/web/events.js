// The page reads events again after a proxy has answered 502, and says that it is not connected until then.
// Arguments: the URL of the proxy, and three files: this script creates the first one when the page is open, and the
// second one when the page has got several answers of status 502; the third one exists once the server is up again.

import { strict as assert } from "node:assert";
import { existsSync, writeFileSync } from "node:fs";
import { open, until, visit } from "./browser.js";

const [base, opened, seen, up] = process.argv.slice(2);
const browser = await open();
const { page, faults } = await visit(browser, `${base}/index.html`);
const offline = page.getByText("Not connected");
const answers = [];
page.on("response", (response) => response.url().includes("/api/v1/events") && answers.push(response.status()));
await page.reload();
await until("events", async () => answers.at(-1) === 200);

writeFileSync(opened, "");
await offline.waitFor();
await until("502 for the events", async () => answers.filter((status) => status === 502).length >= 2);
writeFileSync(seen, "");
await until("the server to be up", async () => existsSync(up));
await until("the connection", async () => !(await offline.isVisible()));
// Events arrive: a listener is counted, and no page is loaded again.
const listener = await fetch(`${base}/live`);
const count = () => page.locator("[data-part=listeners]").textContent();
await until("the listener", async () => (await count()) === "1");
await listener.body.cancel();
await until("no listener", async () => (await count()) === "0");

const others = faults.filter((fault) => !/Failed to load resource|ERR_/.test(fault));
assert.deepEqual(others, []);
await browser.close();
