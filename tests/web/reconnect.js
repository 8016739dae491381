// The station page reconnects by itself when its stream ends: once, and without a message. If that fails several
// times, it says so, waits longer from attempt to attempt, and plays on when the stream is back.
// Arguments: the URL of the server, the admin password.

import { strict as assert } from "node:assert";
import { open, until, visit } from "./browser.js";

const LOST = "The connection was lost. Reconnecting…";
const GONE = "The station cannot be reached. Still trying…";
const FULL = "The station is full. Waiting for a place…";
const WAITING = "Waiting for the station…";
// The playback after which an end of the stream is not taken for a failure to connect, with some reserve.
const STABLE_S = 2.5;
const [base, password] = process.argv.slice(2);
const browser = await open();
const { page, faults } = await visit(browser, `${base}/index.html?sid=1`);
const button = page.getByRole("button", { name: /^(Play|Stop)$/ });
const Authorization = `Basic ${btoa(`admin:${password}`)}`;

// The connections to the stream, by the time of their requests.
const connections = [];
page.on("request", (request) => {
  if (new URL(request.url()).pathname === "/live" && request.resourceType() === "media") connections.push(Date.now());
});
// The texts of the player, and how often it began to play.
await page.evaluate(() => {
  const state = document.querySelector(".state");
  globalThis.texts = [];
  globalThis.played = 0;
  const watch = { childList: true, characterData: true, subtree: true };
  new MutationObserver(() => globalThis.texts.push(state.textContent)).observe(state, watch);
  document.addEventListener("playing", () => (globalThis.played += 1), { capture: true });
});
const texts = () => page.evaluate(() => globalThis.texts);
const played = () => page.evaluate(() => globalThis.played);

// Disconnects all listeners.
async function kick() {
  connections.length = 0;
  await page.evaluate(() => Object.assign(globalThis, { texts: [], played: 0 }));
  const body = new URLSearchParams({ client: "all" });
  const kicked = await fetch(`${base}/api/v1/admin/stations/1/kick`, { method: "POST", headers: { Authorization }, body });
  assert.equal(kicked.status, 200);
}

async function playFor(seconds) {
  await until("playback", () => page.evaluate((min) => document.querySelector("audio").currentTime > min, seconds));
}

// Answers requests for the stream instead of the server.
const answer = (handler) => page.route("**/live", handler);
const unanswer = () => page.unroute("**/live");

await button.click();
await playFor(STABLE_S);
assert.deepEqual((await texts()).at(-1), "Playing live");

// An end of the stream: one new connection, no message.
await kick();
await until("playback after the end", async () => (await played()) > 0);
await playFor(STABLE_S);
assert.deepEqual([await texts(), connections.length], [[], 1]);
assert.equal(await button.textContent(), "Stop");

// Plays again. With `isReported`, the browser says that it is online, so that the page does not wait any longer.
async function recover(isReported) {
  await unanswer();
  if (isReported) await page.evaluate(() => dispatchEvent(new Event("online")));
  await until("playback after the refusals", async () => (await played()) > 0);
  await until("the text of playback", async () => (await texts()).at(-1) === "Playing live");
  await playFor(STABLE_S);
}

// No server. The page says so after several attempts, and the attempts become rare.
await answer((route) => route.abort("connectionrefused"));
await kick();
await until("a message", async () => (await texts()).length > 0);
assert.deepEqual(await texts(), [LOST]);
assert.ok(connections.length >= 3, `${connections.length} attempts before the message`);
await until("another message", async () => (await texts()).length > 1);
assert.deepEqual(await texts(), [LOST, GONE]);
const delays = connections.slice(1).map((at, index) => at - connections[index]);
assert.ok(delays.length <= 7, `${delays}`);
delays.forEach((delay, index) => assert.ok(delay > 0.7 * 250 * 2 ** index, `${delays}`));
await recover(true);

// A proxy without a server. The page plays again by itself.
await answer((route) => route.fulfill({ status: 502, body: "Bad Gateway" }));
await kick();
await until("a message", async () => (await texts()).length > 0);
assert.deepEqual(await texts(), [LOST]);
await recover(false);

// A server that refuses the stream and says why: the page says it, too, after the second attempt.
for (const [status, body, text] of [
  [403, "max listeners reached", FULL],
  [403, "Icecast connection limit reached", FULL],
  [503, "nothing is on the air", WAITING],
]) {
  await answer((route) => route.fulfill({ status, body: `${body}\r\n`, contentType: "text/plain" }));
  await kick();
  await until("the reason", async () => (await texts()).length > 0);
  assert.deepEqual(await texts(), [text]);
  if (status === 503) {
    await until("the first slow attempt", async () => connections.length >= 5);
    assert.deepEqual(await texts(), [text], "the reason stays");
  }
  await recover(true);
}

// A server that accepts the connection and sends nothing.
await answer(() => {});
await kick();
await until("a message", async () => (await texts()).length > 0);
assert.deepEqual([await texts(), connections.length], [["Buffering…"], 1]);
await unanswer();
await until("playback after the time-out", async () => (await played()) > 0);
await playFor(STABLE_S);

// A browser that refuses to play in a hidden tab: no further attempts.
await page.evaluate(() => {
  const audio = document.querySelector("audio");
  audio.play = () => Promise.reject(new DOMException("not allowed", "NotAllowedError"));
});
await kick();
await until("the refusal", async () => (await texts()).at(-1) === "Press Play again to start");
assert.equal(await button.textContent(), "Play");
await page.evaluate(() => delete document.querySelector("audio").play);
const attempts = connections.length;
await button.click();
await until("playback after a click", async () => (await played()) > 0);
assert.equal(connections.length, attempts + 1);

// The browser also logs each request that fails. These are not faults.
assert.deepEqual(faults.filter((fault) => !/Failed to load resource/.test(fault)), []);
await browser.close();
