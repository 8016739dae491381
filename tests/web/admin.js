// Every action of the admin page works.
// Arguments: the URL of the server, the admin password, the password of a DJ, a file to play.

import { strict as assert } from "node:assert";
import http from "node:http";
import { open, until, visit } from "./browser.js";
import { goLive } from "./source.js";

const [base, password, djPassword, file] = process.argv.slice(2);
const browser = await open();

// Connects a listener. Returns the status of the response, and whether the connection has ended. The listener
// comes through a trusted proxy from another address, because localhost cannot be banned.
function listen(agent, address) {
  const listener = { status: null, ended: false };
  const request = http.get(`${base}/live`, { headers: { "User-Agent": agent, "X-Forwarded-For": address } });
  request.on("response", (response) => {
    listener.status = response.statusCode;
    response.on("data", () => {});
    response.on("close", () => (listener.ended = true));
  });
  request.on("error", () => (listener.ended = true));
  return listener;
}

// The page requires the password.
assert.equal((await fetch(`${base}/admin/`)).status, 401);
const { page, faults } = await visit(browser, `${base.replace("http://", `http://admin:${password}@`)}/admin/`);
const row = (text) => page.locator("#listeners tr", { hasText: text });
const dialog = page.getByRole("dialog");
const confirm = (name) => dialog.getByRole("button", { name, exact: true }).click();
const show = (tab) => page.getByRole("tab", { name: tab }).click();
const card = page.locator("#stations .card", { hasText: "/live" });

// The card has a link to the stream and one to the page of the station.
assert.equal(await card.getByRole("link", { name: /^Listen/ }).getAttribute("href"), `${base}/live`);
assert.equal(await card.getByRole("link", { name: /^Page/ }).getAttribute("href"), `${base}/index.html?sid=1`);

// A listener is listed. It is kicked only after a confirmation.
await card.getByRole("button", { name: "Listeners" }).click();
const kicked = listen("to be kicked/1", "203.0.113.7");
await row("to be kicked/1").waitFor();
assert.ok((await row("to be kicked/1").textContent()).includes("203.0.113.7"));
const stays = listen("stays/1", "203.0.113.8");
await row("stays/1").waitFor();
await row("to be kicked/1").getByRole("button", { name: /Kick/ }).click();
await dialog.getByRole("button", { name: "Cancel" }).click();
await row("to be kicked/1").getByRole("button", { name: /Kick/ }).click();
assert.ok(!kicked.ended, "nothing happens before the confirmation");
await confirm("Kick");
await until("the listener to be disconnected", () => kicked.ended);
await row("to be kicked/1").waitFor({ state: "detached" });
const counted = () => card.textContent();
await until("a count of one listener", async () => (await counted()).includes("1 (1 address), peak"));
assert.ok(!stays.ended, "no other listener is disconnected");

// Another listener is banned by its network, and can connect again after the ban is removed.
const banned = listen("to be banned/1", "198.51.100.9");
await row("to be banned/1").getByRole("button", { name: /Ban/ }).click();
await dialog.getByLabel("network 198.51.100.0/24").check();
await dialog.getByLabel("Reason").fill("<i>noise</i>");
await confirm("Ban");
await until("the banned listener to be disconnected", () => banned.ended);
await show("Bans");
const ban = page.locator("#bans tr", { hasText: "198.51.100.0/24" });
await ban.waitFor();
assert.ok((await ban.textContent()).includes("<i>noise</i>"));
const again = listen("to be banned/2", "198.51.100.10");
await until("the banned address to be refused", () => again.status !== 200 && (again.ended || again.status));
await ban.getByRole("button", { name: /Remove/ }).click();
await ban.waitFor({ state: "detached" });
const back = listen("back/1", "198.51.100.9");
await show("Listeners");
await row("back/1").waitFor();
assert.equal(back.status, 200);

// One listener is moved to another station, and stays connected.
const moved = listen("moved/1", "203.0.113.10");
await row("moved/1").getByRole("button", { name: /Move/ }).click();
await dialog.getByLabel("to").selectOption({ label: "Long tracks" });
await confirm("Move");
await row("moved/1").waitFor({ state: "detached" });
assert.equal(await row("back/1").count(), 1, "no other listener is moved");
await page.locator("#station").selectOption({ label: "Long tracks" });
await row("moved/1").waitFor();
assert.ok(!moved.ended, "the listener is not disconnected");

// A user agent is banned with the form. An invalid network is refused with a message.
await show("Bans");
const form = page.locator("#ban");
const value = form.locator("input[name=value]");
await form.locator("select").selectOption("network");
await value.fill("nonsense");
await form.getByRole("button", { name: "Ban" }).click();
await confirm("Ban");
await page.locator("#said.wrong[role=alert]").waitFor();
await form.locator("select").selectOption("agent");
await value.fill("back/1");
await form.getByRole("button", { name: "Ban" }).click();
await confirm("Ban");
await until("the banned program to be disconnected", () => back.ended);
await page.locator("#bans tr").getByRole("button", { name: /Remove/ }).click();
await page.locator("#no-bans").waitFor();

// A track is skipped: a station whose tracks take half a minute plays the next one at once.
await show("Stations");
const long = page.locator("#stations .card", { hasText: "Long tracks" });
const track = await long.locator(".on").textContent();
const started = Date.now();
await long.getByRole("button", { name: "Skip track" }).click();
await page.getByText("Skip: Track skipped").waitFor();
await until("another track", async () => (await long.locator(".on").textContent()) !== track);
assert.ok(Date.now() - started < 25000, "the track is skipped before its end");

// The Enter key sets the title of a live source. The source is kicked only after a confirmation.
const kick = card.getByRole("button", { name: "Kick source" });
assert.ok(await kick.isDisabled(), "there is no source to kick");
const dj = await goLive(base, "/live", { user: "source", password: djPassword, file });
await until("the source", async () => (await card.locator("dl").textContent()).includes("source from 127.0.0.1, since"));
const title = "Ünïcode & <b>Co</b> - Söng";
await card.getByRole("button", { name: "Set title" }).click();
await dialog.getByLabel("Title").fill(title);
await dialog.getByLabel("Title").press("Enter");
await until("the title", async () => (await card.locator(".on").textContent()) === title);
await kick.click();
assert.ok(!dj.ended, "nothing happens before the confirmation");
await confirm("Kick source");
await until("the DJ to be disconnected", () => dj.ended);
await until("the end of the live source", () => kick.isDisabled());
assert.ok(!stays.ended, "no listener is disconnected");

// The page says that music passes, which file is left out and why, and which encode workers there are.
assert.match(await long.locator("dl").textContent(), /passes unchanged: MP3, 44100 Hz, stereo/);
await show("Conversion");
await page.locator("#left-out-station").selectOption({ label: "Long tracks" });
const leftOut = page.locator("#left-out li");
await until("a file that is left out", async () => (await leftOut.count()) === 1);
assert.match(await leftOut.textContent(), /README\.md: \S/);
assert.ok((await page.locator("#workers tr").count()) > 0);
await show("Stations");

// All listeners are moved to a rendition, and stay connected. The card of the station shows the rendition.
assert.match(await card.locator("dl").textContent(), /\/live-640 listeners, encoding, \d+ ms behind, (no gaps|\d+ gaps? of [\d.]+ s)/);
await card.getByRole("button", { name: "Listeners" }).click();
await row("stays/1").waitFor();
await page.getByRole("button", { name: "Move all…" }).click();
await dialog.getByLabel("to").selectOption({ label: "Harbour FM /live-64" });
await confirm("Move");
await until("the listener at the rendition", async () => (await card.locator("dl").textContent()).includes("/live-641 listener, encoding"));
await row("stays/1").waitFor({ state: "detached" });
assert.ok(!stays.ended, "the listener is not disconnected");
assert.equal(await page.locator("#stations .card").count(), 2, "a rendition has no card");

// The log and the graph.
await until("the action in the log", async () => (await page.locator("#log").textContent()).includes(title));
await show("Last 24 hours");
await page.locator("#audience svg[role=img]").first().waitFor();
assert.equal(await page.locator("#audience svg[role=img]").count(), 3, "a graph for each station and rendition");
assert.match(await page.locator("#audience").textContent(), /Harbour FM \/live-64 peak \d/);
await page.locator("summary").click();
assert.ok((await page.locator("#audience-table tbody tr").count()) > 0);

// A page of another site cannot use these actions, even in a browser that has stored the password.
const foreign = await fetch(`${base}/api/v1/admin/stations/1/kick`, {
  method: "POST",
  headers: { Authorization: `Basic ${btoa(`admin:${password}`)}`, Origin: "http://evil.example" },
  body: new URLSearchParams({ client: "all" }),
});
assert.equal(foreign.status, 403);
assert.ok(!stays.ended);

// The browser also logs each request that the server refuses. These are not faults.
assert.deepEqual(faults.filter((fault) => !/status of 4\d\d/.test(fault)), []);
await browser.close();
process.exit(0);
