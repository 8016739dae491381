// The station page plays on where the sampling rate or the channels of the stream change: without a message, with
// less than a second of silence, and with few connections. Prints what it has measured.
// Arguments: the URL of the server, the id and the mount of the station, how many seconds to listen. The format changes
// every few seconds.

import { strict as assert } from "node:assert";
import { open, until, visit } from "./browser.js";

// The longest silence at a seam, in milliseconds.
const SILENCE_MAX_MS = 1000;
// Levels below this are silence, as a share of the full scale.
const SILENT_BELOW = 0.001;

const [base, id, mount, seconds] = process.argv.slice(2);
const browser = await open();
const { page, faults } = await visit(browser, `${base}/index.html?sid=${id}`);
let connections = 0;
page.on("request", (request) => (connections += new URL(request.url()).pathname === mount));

// Measures what comes out of the audio element, and notes all texts and errors.
await page.evaluate((silentBelow) => {
  const audio = document.querySelector("audio");
  const found = (globalThis.found = { texts: [], errors: [], silences: [], silentSince: null, samples: 0 });
  const state = document.querySelector(".state");
  const watch = { childList: true, characterData: true, subtree: true };
  new MutationObserver(() => found.texts.push(state.textContent)).observe(state, watch);
  // Before the page reconnects, after which there is no error.
  document.addEventListener("error", () => found.errors.push(audio.error.code), { capture: true });
  document.addEventListener("ended", () => found.errors.push("ended"), { capture: true });
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaElementSource(audio).connect(analyser).connect(context.destination);
  const samples = new Float32Array(analyser.fftSize);
  setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const isSilent = samples.every((it) => Math.abs(it) < silentBelow);
    found.samples += 1;
    if (isSilent) found.silentSince ??= performance.now();
    else if (found.silentSince !== null) {
      found.silences.push(performance.now() - found.silentSince);
      found.silentSince = null;
    }
  }, 5);
}, SILENT_BELOW);

const found = () => page.evaluate(() => globalThis.found);
await page.getByRole("button", { name: "Play" }).click();
await page.getByText("Playing live").waitFor();
// The silence before the first sound is none of a seam.
await until("sound", async () => (await found()).silences.length > 0);
await page.evaluate(() => Object.assign(globalThis.found, { texts: [], silences: [] }));

const began = Date.now();
await until("the end", () => Date.now() - began > seconds * 1000);
const { texts, errors, silences, silentSince, samples } = await found();
const played = await page.evaluate(() => document.querySelector("audio").currentTime);
const longest = Math.max(0, ...silences);
const sum = silences.reduce((sum, it) => sum + it, 0);
console.log(
  `${seconds} s: ${errors.length} seams (${errors}), ${connections} connections, ${silences.length} silences of ${Math.round(sum)} ms, ` +
    `the longest of ${Math.round(longest)} ms, ${texts.length} messages, ${samples} samples`,
);

assert.ok(errors.length >= seconds / 10, "the stream has seams");
assert.ok(errors.every((code) => code === 3), "nothing but the decoder stops at a seam");
assert.deepEqual(texts, [], "no message is shown");
assert.ok(longest < SILENCE_MAX_MS, `a silence of ${longest} ms`);
assert.ok(silentSince === null || played < 1, "there is sound at the end");
assert.ok(connections <= 1 + 2 * errors.length, `${connections} connections for ${errors.length} seams`);
assert.equal(await page.getByRole("button", { name: "Stop" }).count(), 1);
assert.deepEqual(faults, []);
await browser.close();
