// The button of the admin page reloads the configuration and shows what has changed. A configuration that was refused is
// the first thing that needs attention until one is accepted. After a restart of the server there is no reload to show.
// Arguments: the program, its configuration file, the admin password.

import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { open, until, visit } from "./browser.js";

const [binary, config, password] = process.argv.slice(2);
// Otherwise there is a warning.
await chmod(config, 0o600);

async function start() {
  const server = spawn(binary, ["--config", config], { stdio: ["ignore", "pipe", "ignore"] });
  let printed = "";
  server.stdout.on("data", (data) => (printed += data));
  await until("the server to start", () => printed.includes("\n"));
  return { server, host: new URL(printed.split("\n")[0]).host };
}

let { server, host } = await start();
const browser = await open();
const options = { httpCredentials: { username: "admin", password } };
const { page, faults } = await visit(browser, `http://${host}/admin/#configuration`, options);
const panel = page.locator("#panel-configuration");
const text = () => panel.textContent();
const trouble = () => page.locator("#trouble").textContent();
const reload = () => panel.getByRole("button", { name: "Reload configuration" }).click();
await until("the tab", () => panel.isVisible());
assert.match(await text(), /Not reloaded since the start\./);

await reload();
await until("the result", async () => (await text()).includes("Nothing has changed."));

const good = await readFile(config, "utf8");
await writeFile(config, `${good}mont = "/news"\nname = 7\n`);
await reload();
await until("the errors", async () => (await text()).includes("The configuration was refused"));
const lines = () => panel.locator("#reload-lines li").allTextContents();
assert.equal((await lines()).length, 2, "one line for each error");
assert.match((await lines())[0], /coldwave\.toml:\d+: \[\[station\]\] mont: unknown key, did you mean "mount"\?/);
await until("the trouble", async () => (await trouble()).includes("The configuration was refused at"));
// The log has warnings about it, which come after it.
const firstTrouble = () => page.locator("#trouble li").first().textContent();
await until("the warnings", async () => (await trouble()).includes("in the last hour"));
assert.match(await firstTrouble(), /^The configuration was refused at/);
// Whatever tab is shown, also after the page is loaded again.
await page.goto(`http://${host}/admin/`);
await until("the trouble", async () => /The configuration was refused at .* the settings from before apply: .*mont: unknown key/.test(await trouble()));

await writeFile(config, `${good}name = "<b>Harbour</b> FM"\n`);
await page.getByRole("tab", { name: "Configuration" }).click();
await until("who asked before", async () => /requested by admin at 127\.0\.0\.1/.test(await text()));
await reload();
await until("the changes", async () => (await text()).includes("What has changed:"));
assert.deepEqual(await lines(), ['/live: name: "coldwave" -> "<b>Harbour</b> FM"']);
await until("no trouble", async () => !(await trouble()).includes("refused"));

// What another client has requested is shown, too.
await writeFile(config, good);
const headers = { Authorization: `Basic ${btoa(`admin:${password}`)}` };
const answer = await fetch(`http://${host}/api/v1/admin/reload`, { method: "POST", headers });
assert.equal((await answer.json()).result, "applied");
await until("the other reload", async () => (await lines()).includes('/live: name: "<b>Harbour</b> FM" -> "coldwave"'));

// A 422 is in the console of the browser.
assert.deepEqual(faults.filter((fault) => !fault.includes("422")), []);

// The next process listens on the same port.
await writeFile(config, good.replace("127.0.0.1:0", host));
const ended = new Promise((resolve) => server.once("exit", resolve));
server.kill("SIGTERM");
await ended;
({ server } = await start());
await until("no reload", async () => /Not reloaded since the start\./.test(await text()));
assert.deepEqual(await lines(), []);
assert.doesNotMatch(await text(), /requested by/);
await browser.close();
server.kill("SIGTERM");
