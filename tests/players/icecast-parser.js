// Listens with npm's icecast-parser: node icecast-parser.js URL. Writes audio to stdout and titles to stderr.
import { Parser } from "icecast-parser";

const parser = new Parser({ url: process.argv[2], keepListen: true });
parser.on("metadata", (block) => {
  if (block.get("StreamTitle")) console.error(`title: ${block.get("StreamTitle")}`);
});
parser.on("stream", (audio) => audio.pipe(process.stdout));
for (const event of ["error", "empty", "end"]) {
  parser.on(event, (error) => {
    console.error(event, error);
    process.exit(1);
  });
}
