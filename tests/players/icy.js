// Listens with npm's icy: node icy.js URL. Writes audio to stdout and titles to stderr.
import icy from "icy";

icy.get(process.argv[2], (response) => {
  response.on("metadata", (block) => {
    const { StreamTitle } = icy.parse(block);
    if (StreamTitle) console.error(`title: ${StreamTitle}`);
  });
  response.on("end", () => process.exit(1));
  response.pipe(process.stdout);
});
