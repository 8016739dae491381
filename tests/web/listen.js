// Plays on the station page until it is killed, and prints what it hears ten times a second: `heard` with the
// loudest frequency, or `quiet`; and `silence` with the longest silence between two sounds in seconds, `complaint`
// with every error and message, `connections` with their number. The frequencies are multiples of 20 Hz.
// Arguments: the URL of the server.

import { open, until, visit } from "./browser.js";

const [base] = process.argv.slice(2);
const browser = await open();
const { page } = await visit(browser, `${base}/index.html?sid=1`);
await page.exposeFunction("report", (line) => console.log(line));
let connections = 0;
page.on("request", (request) => {
  if (new URL(request.url()).pathname === "/live") console.log(`connections ${(connections += 1)}`);
});
await page.evaluate(() => {
  const { report } = globalThis;
  const audio = document.querySelector("audio");
  const state = document.querySelector(".state");
  const watch = { childList: true, characterData: true, subtree: true };
  const isUsual = () => ["Connecting…", "Playing live"].includes(state.textContent);
  new MutationObserver(() => report(`${isUsual() ? "text" : "complaint"} ${state.textContent}`)).observe(state, watch);
  document.addEventListener("error", () => report(`complaint ${audio.error.code} ${audio.error.message}`), { capture: true });
  document.addEventListener("ended", () => report("ended"), { capture: true });
  document.addEventListener("stalled", () => report(`complaint stalled`), { capture: true });

  const context = new AudioContext({ sampleRate: 44100 });
  const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0, minDecibels: -100 });
  context.createMediaElementSource(audio).connect(analyser).connect(context.destination);
  const levels = new Float32Array(analyser.frequencyBinCount);
  const samples = new Float32Array(1024);
  let [heardAt, longest] = [null, 0];
  setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    if (!samples.some((it) => Math.abs(it) > 0.003)) return report("quiet");
    analyser.getFloatFrequencyData(levels);
    const loudest = levels.indexOf(Math.max(...levels)) * (context.sampleRate / analyser.fftSize);
    report(`heard ${Math.round(loudest / 20) * 20}`);
    const now = performance.now();
    longest = Math.max(longest, (now - (heardAt ?? now) - 100) / 1000);
    heardAt = now;
    report(`silence ${longest.toFixed(2)}`);
  }, 100);
});
await page.getByRole("button", { name: "Play" }).click();
// The browser ends with this process.
await until("the end", () => new Promise(() => {}));
