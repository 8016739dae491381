// Gets a stream over TLS and writes its audio to stdout: tls.mjs URL VERSION. For tests/programs/tls/.
import https from "node:https";

const [url, version] = process.argv.slice(2);
https.get(url, { minVersion: version, maxVersion: version }, (response) => response.pipe(process.stdout));
