// The configuration on the admin page: the certificates, the last reload, and the button for one.

import { dateWithSeconds, fill, find, make, request, showMessage, sync } from "/assets/admin-kit.js";

const SUMMARIES = {
  applied: "The configuration was reloaded. What has changed:",
  unchanged: "The configuration was reloaded. Nothing has changed.",
  refused: "The configuration was refused, and nothing has changed. The errors:",
  running: "The reload goes on. Its result will be shown here.",
};

let last = null;
let certificates = [];
const when = ({ at }) => dateWithSeconds.format(new Date(at));

// A certificate that clients refuse, that is not renewed in time, or that cannot be replaced. A short-lived one is renewed
// when half of its life is over.
function troubleOf({ names, not_before, not_after, days_left, state, validity, path, last_error }) {
  const [name, life] = [names[0] ?? path, (Date.parse(not_after) - Date.parse(not_before)) / 86400000];
  const lines = [];
  if (state !== "valid" || days_left < Math.min(14, life / 2)) lines.push(`The certificate of ${name} is ${validity}.`);
  if (last_error) lines.push(`The certificate of ${name} is not replaced: ${last_error}`);
  return lines;
}

// A refused configuration needs attention until one is accepted.
export function reloadTrouble() {
  const refused = last?.result === "refused";
  const lines = refused ? [`The configuration was refused at ${when(last)}, the settings from before apply: ${last.errors[0]}`] : [];
  return [...certificates.flatMap(troubleOf), ...lines];
}

// A server that was restarted has no report.
function show(report) {
  const { result, at, requested_by, changes = [], errors = [], warnings = [] } = report ?? {};
  const lines = [...changes, ...errors, ...warnings.map((it) => `warning: ${it}`)];
  fill(find("reload-summary"), SUMMARIES[result] ?? "Not reloaded since the start.");
  fill(find("reload-by"), at ? `${when(report)}, requested by ${requested_by}` : "");
  find("reload-lines").replaceChildren(...lines.map((line) => make("li", {}, line)));
}

async function loadCertificates() {
  certificates = (await request("/certificates")).certificates;
  find("tls").hidden = !certificates.length;
  sync(find("certificates"), certificates, (it) => it.path, () => make("li"), (line, it) =>
    fill(line, `${it.label}: ${it.validity}, ${it.path}${it.last_error ? `. Not replaced: ${it.last_error}` : ""}`));
}

export async function loadReload() {
  await loadCertificates();
  const report = (await request("/reload")).last;
  if (report?.at !== last?.at) show(report);
  last = report;
}

export async function reload() {
  fill(find("reload-summary"), "Reloading…");
  try {
    show(await request("/reload", {}));
  } catch (error) {
    show(last);
    showMessage(`Reload: ${error.message}`, true);
  }
}
