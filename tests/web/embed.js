// The small player works in a frame of another site that the configuration names, and is shown in no other one.
// Arguments: the URL of the server, the port of the site that may show it.

import { strict as assert } from "node:assert";
import http from "node:http";
import { open, until } from "./browser.js";

const [base, port] = process.argv.slice(2);
const snippet = `<iframe src="${base}/embed?sid=1" width="320" height="120" title="Radio" allow="autoplay"></iframe>`;
const site = http.createServer((_, response) => {
  response.setHeader("Content-Type", "text/html");
  response.end(`<!doctype html><title>Another site</title>${snippet}`);
});
await new Promise((resolve) => site.listen(Number(port), "127.0.0.1", resolve));
const foreign = http.createServer((_, response) => response.end(`<!doctype html>${snippet}`));
await new Promise((resolve) => foreign.listen(0, "127.0.0.1", resolve));

const browser = await open();
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${port}/`);
const frame = page.frameLocator("iframe");
await frame.getByRole("button", { name: "Play" }).click();
await frame.getByText("Playing live").waitFor();
const link = frame.getByRole("link", { name: "Harbour FM" });
assert.equal(await link.getAttribute("target"), "_blank");
const popup = page.waitForEvent("popup");
await link.click();
const opened = await popup;
await opened.locator("h1", { hasText: "Harbour FM" }).waitFor();
assert.equal(await opened.evaluate(() => globalThis.opener), null);
await frame.getByRole("button", { name: "Stop" }).click();
await until("the button", async () => (await frame.locator("main .play").textContent()) === "Play");

// A site that the configuration does not name.
const refused = await browser.newPage();
const messages = [];
refused.on("console", (message) => messages.push(message.text()));
await refused.goto(`http://127.0.0.1:${foreign.address().port}/`);
await until("the refusal", async () => messages.some((it) => /frame-ancestors/.test(it)));
assert.equal(await refused.frameLocator("iframe").getByRole("button").count(), 0);
await browser.close();
site.close();
foreign.close();
