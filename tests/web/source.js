// A DJ who is live: sends a file as an encoder would, over and over.

import { readFile } from "node:fs/promises";
import http from "node:http";

// How often something is sent, in milliseconds, and how much of 128 kbit/s that is, in bytes.
const OFTEN_MS = 100;
const PIECE = 1600;
// Seconds that are sent at once, so that there is always something in hand.
const AHEAD_S = 5;

// Goes live on `mount`. Gives what ends it, and whether the server has ended it.
export async function goLive(base, mount, { user, password, file, headers = {} }) {
  const audio = await readFile(file);
  const source = { ended: false };
  const Authorization = `Basic ${btoa(`${user}:${password}`)}`;
  const request = http.request(base + mount, {
    method: "PUT",
    headers: { Authorization, "Content-Type": "audio/mpeg", "User-Agent": "butt 1.45.0", ...headers },
  });
  let at = 0;
  const send = (bytes) => {
    request.write(audio.subarray(at, at + bytes));
    at = at + bytes < audio.length ? at + bytes : 0;
  };
  send((AHEAD_S * 1000 * PIECE) / OFTEN_MS);
  const sending = setInterval(() => send(PIECE), OFTEN_MS);
  source.end = () => {
    clearInterval(sending);
    request.destroy();
  };
  const ended = () => {
    source.ended = true;
    clearInterval(sending);
  };
  request.on("error", ended);
  request.on("close", ended);
  return source;
}
