// The log on the admin page: its filters, and how it goes on after a restart of the server.

import { clockWithSeconds, counted, dateWithSeconds, fill, find, isShown, make, request, sync } from "/assets/admin-kit.js";

const LEVELS = { error: 0, warn: 1, info: 2 };

// The most lines kept of each half: information, and warnings with errors. So information never replaces the warnings of
// a night.
const HALF_MAX = 1000;
const HOUR_MS = 3600 * 1000;

const lines = [];
let [boot, after, unread] = ["", 0, 0];

const isWarning = (line) => LEVELS[line.level] <= LEVELS.warn;

// A line of the page itself, which every filter shows.
const mark = (text) => ({ isMark: true, level: "info", at: new Date().toISOString(), text });

// Returns the warnings and errors of the last hour, the latest first.
export function recentWarnings() {
  return lines.filter((it) => isWarning(it) && Date.now() - Date.parse(it.at) < HOUR_MS).reverse();
}

export async function loadLog() {
  const page = await request(`/log?after=${after}&boot=${boot}`);
  const wasRestarted = boot && page.boot !== boot;
  const missing = boot && !wasRestarted ? page.last - after - page.lines.length : 0;
  const isFirst = !boot;
  const added = page.lines.map((line) => ({ ...line, level: line.level in LEVELS ? line.level : "info" }));
  if (wasRestarted) added.unshift(mark("The server was restarted."));
  if (missing > 0) added.unshift(mark(`${counted(missing, "line is", "lines are")} missing here: there were too many at once.`));
  [boot, after] = [page.boot, page.last];
  if (!added.length) return;
  lines.push(...added);
  const hasDropped = [trim(isWarning), trim((it) => !isWarning(it))].includes(true);
  // On the first visit, what is in the log already is not news.
  if (!isFirst && !isShown("log")) unread += added.filter(isWarning).length;
  showUnread();
  show(hasDropped ? null : added);
}

// Drops the oldest lines of a half that has too many. Returns whether there were any.
function trim(isInHalf) {
  let excess = lines.filter(isInHalf).length - HALF_MAX;
  const hasDropped = excess > 0;
  for (let index = 0; excess > 0; index += 1) {
    if (!isInHalf(lines[index])) continue;
    lines.splice(index, 1);
    [index, excess] = [index - 1, excess - 1];
  }
  return hasDropped;
}

function showUnread() {
  if (isShown("log")) unread = 0;
  fill(find("unread"), unread ? ` · ${counted(unread, "new warning", "new warnings")}` : "");
}

// The filters.
let stations = [];

function isVisible(line) {
  if (line.isMark) return true;
  const text = find("log-text").value.trim().toLowerCase();
  return LEVELS[line.level] <= find("level").value && isOfStation(line) && (!text || line.text.toLowerCase().includes(text));
}

// A station is shown with its renditions.
function isOfStation(line) {
  const chosen = find("log-station").value;
  if (!chosen) return true;
  if (chosen === "none") return line.station === null;
  return String(line.station) === chosen || stations.some((it) => it.id === line.station && String(it.rendition_of) === chosen);
}

export function showLogStations(all, labelOf) {
  stations = all;
  const options = [["", "all"], ...all.map((it) => [it.id, labelOf(it)]), ["none", "none"]];
  sync(find("log-station"), options, ([id]) => `of ${id}`, ([id]) => make("option", { value: id }), (option, [, text]) => fill(option, text));
}

function createLine(line) {
  const at = new Date(line.at);
  const format = at.toDateString() === new Date().toDateString() ? clockWithSeconds : dateWithSeconds;
  const time = make("time", { dateTime: line.at }, format.format(at));
  const text = isWarning(line) ? `${line.level === "warn" ? "warning" : line.level}: ${line.text}` : line.text;
  return make("li", { className: line.isMark ? "mark" : line.level }, time, make("span", {}, text));
}

// Adds these lines to the shown ones, or shows all again.
function show(added) {
  const log = find("log");
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const elements = (added ?? lines).filter(isVisible).map(createLine);
  if (added) log.append(...elements);
  else log.replaceChildren(...elements);
  fill(find("log-count"), `${log.children.length} of ${counted(lines.length, "line", "lines")}`);
  if (isAtEnd || !added) log.scrollTop = log.scrollHeight;
}

export function openLog() {
  showUnread();
  find("log").scrollTop = find("log").scrollHeight;
}

for (const id of ["level", "log-station", "log-text"]) find(id).addEventListener("input", () => show(null));
