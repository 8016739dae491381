// What npm's node-internet-radio reads: node node-internet-radio.mjs http://127.0.0.1:8000. One line for each way it knows:
// its name, listeners, bit rate and title; and one for what it finds where it is not told a way.
import radio from "node-internet-radio";

const base = process.argv[2];
const ways = [
  ["SHOUTCAST_V1", base],
  ["SHOUTCAST_V2", base],
  ["STREAM", `${base}/live`],
  [undefined, base],
];
for (const [way, url] of ways) {
  const station = await new Promise((resolve, reject) =>
    radio.getStationInfo(url, (error, found) => (error ? reject(error) : resolve(found)), way),
  );
  const { fetchsource, listeners, bitrate, title, headers } = station;
  console.log([way ?? `found by ${fetchsource}`, listeners ?? "-", bitrate ?? headers["icy-br"], title].join("\t"));
}
