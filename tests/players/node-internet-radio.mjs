// Prints what npm's node-internet-radio reads: node node-internet-radio.mjs http://127.0.0.1:8000. One line for each of its
// methods with name, listeners, bit rate and title, and one for the method that it finds by itself.
import radio from "node-internet-radio";

const base = process.argv[2];
const methods = [
  ["SHOUTCAST_V1", base],
  ["SHOUTCAST_V2", base],
  ["STREAM", `${base}/live`],
  [undefined, base],
];
for (const [method, url] of methods) {
  const station = await new Promise((resolve, reject) =>
    radio.getStationInfo(url, (error, found) => (error ? reject(error) : resolve(found)), method),
  );
  const { fetchsource, listeners, bitrate, title, headers } = station;
  console.log([method ?? `found by ${fetchsource}`, listeners ?? "-", bitrate ?? headers["icy-br"], title].join("\t"));
}
