// While the server is away, the admin page says so, since when, and what to do. After a restart it goes on by itself: the
// log continues with the lines of the new process, though their numbers begin again.
// Arguments: the program, its configuration file, the admin password.

import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { open, until, visit } from "./browser.js";

const [binary, config, password] = process.argv.slice(2);

async function start() {
  const server = spawn(binary, ["--config", config], { stdio: ["ignore", "pipe", "ignore"] });
  let printed = "";
  server.stdout.on("data", (data) => (printed += data));
  await until("the server to start", () => printed.includes("\n"));
  const { host } = new URL(printed.split("\n")[0]);
  return { host, stop: () => stop(server) };
}

async function stop(server) {
  const ended = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  await ended;
}

let server = await start();
// The next process listens on the same port.
const { host } = server;
await writeFile(config, (await readFile(config, "utf8")).replace("127.0.0.1:0", host));
const browser = await open();
// Unlike with a name and password in the URL, the browser asks for none when they are refused.
const options = { httpCredentials: { username: "admin", password } };
const { page } = await visit(browser, `http://${host}/admin/#log`, options);
const lines = async () => (await page.locator("#log li").allTextContents()).join("\n");
const offline = page.locator("#offline[role=alert]");
await until("the log", async () => (await lines()).includes("now playing"));

// More lines than the next process has at first.
const headers = { Authorization: `Basic ${btoa(`admin:${password}`)}` };
for (let number = 0; number < 30; number += 1) {
  const body = new URLSearchParams({ song: `title ${number}` });
  await fetch(`http://${host}/api/v1/admin/stations/1/title`, { method: "POST", headers, body });
}
await until("the last line", async () => (await lines()).includes("title 29"));
assert.ok(!(await offline.isVisible()));
const before = (await lines()).split("\n").length;

await server.stop();
await offline.waitFor();
const text = await offline.textContent();
assert.match(text, /Not connected: The server cannot be reached\./);
assert.match(text, /What this page shows is from \d/);
assert.match(text, /systemctl status coldwave/);
// It stays while other tabs are shown, and a message about an action does not replace it.
await page.getByRole("tab", { name: "Bans" }).click();
await page.getByRole("tab", { name: "Log" }).click();
assert.ok(await offline.isVisible());

server = await start();
assert.equal(server.host, host);
await offline.waitFor({ state: "hidden" });
await until("the lines of the new process", async () => {
  const all = await lines();
  return all.indexOf("The server was restarted.") >= 0 && all.lastIndexOf("now playing") > all.indexOf("The server was restarted.");
});
assert.ok((await lines()).split("\n").length > before, "the lines of the old process stay");

// A password that was changed meanwhile is another remedy.
await server.stop();
await writeFile(config, (await readFile(config, "utf8")).replace(password, `${password}-new`));
server = await start();
await until("the remedy", async () => (await offline.isVisible()) && /log in/.test(await offline.textContent()));
await server.stop();
await browser.close();
