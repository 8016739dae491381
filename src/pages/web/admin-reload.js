// The configuration on the admin page: the last reload, and the button for one.

import { dateWithSeconds, fill, find, make, request, showMessage, sync } from "/assets/admin-kit.js";

const SUMMARIES = {
  applied: "The configuration was reloaded. What has changed:",
  unchanged: "The configuration was reloaded. Nothing has changed.",
  refused: "The configuration was refused, and nothing has changed. The errors:",
  running: "The reload goes on. Its result will be shown here.",
};

let last = null;
const when = ({ at }) => dateWithSeconds.format(new Date(at));

// A refused configuration needs attention until one is accepted.
export function reloadTrouble() {
  if (last?.result !== "refused") return [];
  return [`The configuration was refused at ${when(last)}, the settings from before apply: ${last.errors[0]}`];
}

// A server that was restarted has no report.
function show(report) {
  const { result, at, requested_by, changes = [], errors = [], warnings = [] } = report ?? {};
  const lines = [...changes, ...errors, ...warnings.map((it) => `warning: ${it}`)];
  fill(find("reload-summary"), SUMMARIES[result] ?? "Not reloaded since the start.");
  fill(find("reload-by"), at ? `${when(report)}, requested by ${requested_by}` : "");
  find("reload-lines").replaceChildren(...lines.map((line) => make("li", {}, line)));
}

const state = ({ not_after, days_left }) =>
  days_left < 0 ? `expired since ${not_after.slice(0, 10)}` : `valid until ${not_after.slice(0, 10)}, ${days_left} days left`;

async function loadCertificates() {
  const { certificates } = await request("/certificates");
  find("tls").hidden = !certificates.length;
  sync(find("certificates"), certificates, (it) => it.path, () => make("li"), (line, it) =>
    fill(line, `${it.label}: ${state(it)}, ${it.path}${it.last_error ? `. Not replaced: ${it.last_error}` : ""}`));
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
