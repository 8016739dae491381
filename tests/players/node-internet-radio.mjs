// Prints what npm's node-internet-radio finds on a server:
//
//     node node-internet-radio.mjs http://127.0.0.1:8000
//
// Each line has the name of a method, the listeners, the bit rate and the title. The last line is the result
// without a given method.
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
