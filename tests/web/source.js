// A live source: sends a file repeatedly, as an encoder would.

import { readFile } from "node:fs/promises";
import http from "node:http";

// The interval between writes in milliseconds, and the bytes in each: 128 kbit/s.
const INTERVAL_MS = 100;
const INTERVAL_BYTES = 1600;
// The seconds of audio that are sent at the start, so that the server always has audio in reserve.
const AHEAD_S = 5;

// Goes live on `mount`. Returns a source: `end()` disconnects it, and `ended` is true once the connection is
// closed.
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
  send((AHEAD_S * 1000 * INTERVAL_BYTES) / INTERVAL_MS);
  const sending = setInterval(() => send(INTERVAL_BYTES), INTERVAL_MS);
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
