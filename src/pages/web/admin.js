// Script of the admin page. Data from clients is only ever inserted as text. Every action is a request to the API, with
// the credentials that the browser has for this page. Only what the chosen tab shows is requested, a hundred listeners at
// a time: the server finds and sorts them.

import {
  clock, confirmDialog, counted, date, duration, every, fill, find, grouped, isShown, make, request, rove, settle,
  showMessage, showTab, since, size, startTabs, sync,
} from "/assets/admin-kit.js";
import { loadReload, reload, reloadTrouble } from "/assets/admin-reload.js";
import { loadHistory } from "/assets/admin-history.js";
import { loadLog, openLog, recentWarnings, showLogStations } from "/assets/admin-log.js";

const PAGE_LENGTH = 100;
let stations = [];
let master = null;

// Sends an action, shows its result, and refreshes.
async function act(what, path, form) {
  try {
    const result = await request(path, form);
    showMessage(`${what}: ${result.message}`);
    return true;
  } catch (error) {
    showMessage(`${what}: ${error.message}`, true);
    return false;
  } finally {
    refresh();
  }
}

const labelOf = (station) => (station.rendition_of ? `${station.name} ${station.mount}` : station.name);
const short = (text) => (text.length > 60 ? `${text.slice(0, 59).trimEnd()}…` : text);
const nameOf = (id) => labelOf(stations.find((it) => it.id === id) ?? { name: `Station ${id}` });

// Stations.
const pathOf = (station, action) => `/stations/${station.id}/${action}`;
const KINDS = { silence: "Off air", autodj: "AutoDJ", live: "Live", relay: "Relay" };
// A relay on demand that no listener needs is silent as it should be.
const isOnDemand = ({ on_air, relay }) => on_air.kind === "silence" && relay?.state === "idle";
const isFull = ({ listeners: { now, max } }) => max > 0 && now >= max;
const latest = (id) => stations.find((it) => it.id === id);

async function setTitle(station) {
  const title = make("input", { name: "song", required: true, placeholder: "Artist - Title", autocomplete: "off" });
  const isOff = latest(station.id)?.on_air.kind === "silence";
  const text = isOff ? "Nothing is on the air: the title is kept for the next live source." : "Listeners see it when they hear what is sent now.";
  const form = await confirmDialog(`Title of ${station.name}`, text, "Set title", make("label", {}, "Title ", title));
  if (form) act("New title", pathOf(station, "title"), { song: form.get("song") });
}

async function kickSource(station) {
  const source = latest(station.id)?.source;
  if (!source) return;
  const text = `${source.user} from ${source.address} will be disconnected from ${station.name}.`;
  if (await confirmDialog("Kick the source?", text, "Kick source")) act("Source", pathOf(station, "kick-source"), {});
}

function createStation(station) {
  const button = (className, text, onclick) => make("button", { type: "button", className, onclick }, text);
  return make(
    "div",
    { role: "row", className: "card" },
    make("div", { role: "rowheader" }, make("h3", { className: "name" }), make("span", { className: "kind" }), make("span", { className: "full", hidden: true }, "Full")),
    make("div", { role: "gridcell" }, make("p", { className: "on" }), make("dl")),
    make(
      "div",
      { role: "gridcell", className: "tools" },
      make("a", { className: "listen" }, "Listen"),
      make("a", { className: "page" }, "Page"),
      button("show", "Listeners", () => showListeners(station.id)),
      button("title", "Set title…", () => setTitle(station)),
      button("skip", "Skip track", () => act("Skip", pathOf(station, "skip"), {})),
      button("kick danger", "Kick source", () => kickSource(station)),
    ),
  );
}

function recording({ source, records_sources }) {
  if (!records_sources) return "";
  if (!source) return "the next live session";
  return source.recorded ? "this session is recorded" : "NOT recorded, see the log";
}

function linesOf(station) {
  const { source, relay, encoder, listeners: { now, peak, max, unique, with_renditions } } = station;
  const renditions = stations.filter((it) => it.rendition_of === station.id);
  return [
    ["Stream", station.codec ? `${station.mount}, ${station.codec} ${station.bitrate_kbps ?? "?"} kbit/s` : `${station.mount}, format not known yet`],
    ["Silent", station.on_air.kind === "silence" && station.music_problem],
    ["Listeners", `${grouped(now)} (${counted(unique, "address", "addresses")}), peak ${grouped(peak)}, limit ${grouped(max)}${isFull(station) ? ": full" : ""}`],
    ["Peak at", station.peak_at && date.format(new Date(station.peak_at))],
    ["With renditions", station.renditions.length && grouped(with_renditions)],
    ...renditions.map((it) => [it.mount, `${counted(it.listeners.now, "listener", "listeners")}, ${it.rendition_status?.summary}`]),
    ["On air since", station.on_air.since && since(station.on_air.since)],
    ["Source", source && `${source.user} from ${source.address}, since ${since(source.since)}`],
    ["Program", source?.user_agent],
    ["Recording", recording(station)],
    ["Relay of", relay && `${relay.url} (${relay.state}${relay.last_error ? `: ${relay.last_error}` : ""})`],
    ["Audio", station.audio?.summary],
    ["Format", station.music_format?.summary],
    ["Left out", station.left_out && counted(station.left_out, "file", "files")],
    ["Encoder error", encoder.last_error],
    ["Next", station.next[0]],
    ["Sent", `${size(station.bytes_sent)}, ${counted(station.skips, "skip", "skips")}`],
  ].filter(([, text]) => text);
}

function showStation(card, station) {
  const [kind, input, part] = [card.querySelector(".kind"), station.on_air.kind, (name) => card.querySelector(`.${name}`)];
  fill(part("name"), station.name);
  part("name").title = station.name;
  kind.dataset.kind = input;
  fill(kind, isOnDemand(station) ? "On demand" : KINDS[input] ?? input);
  part("full").hidden = !isFull(station);
  fill(part("on"), station.title?.text ?? "No title");
  const pairs = linesOf(station).flatMap(([name, text]) => [["dt", name, name], ["dd", `${name}:`, text]]);
  sync(card.querySelector("dl"), pairs, ([, key]) => key, ([tag]) => make(tag), (child, [, , text]) => fill(child, text));
  const label = (name, text) => part(name).setAttribute("aria-label", `${text}: ${station.name}`);
  [["listen", "Listen"], ["page", "Page"], ["show", "Listeners"], ["title", "Set title…"], ["skip", "Skip track"], ["kick", "Kick source"]].forEach(([name, text]) => label(name, text));
  Object.assign(part("listen"), { href: station.stream_url, target: "_blank", rel: "noopener" });
  Object.assign(part("page"), { href: station.page_url, target: "_blank", rel: "noopener" });
  // A relay takes its titles from the upstream. In silence, a title is kept for the next DJ.
  part("title").hidden = input === "relay" || (input === "silence" && !station.accepts_sources);
  part("skip").hidden = !station.autodj;
  part("skip").disabled = input !== "autodj";
  part("kick").hidden = !station.accepts_sources && !station.source;
  part("kick").disabled = !station.source;
}

// What an administrator has to know, whatever tab is shown.
function troubleOf(station) {
  const name = short(station.name);
  const { mount, source, relay, on_air, rendition_status } = station;
  const lines = [];
  if (!station.rendition_of && on_air.kind === "silence" && !isOnDemand(station)) {
    const when = on_air.since ? ` since ${date.format(new Date(on_air.since))}` : "";
    lines.push(`${name} is off air${when}${station.music_problem ? `: ${station.music_problem}` : ""}.`);
  }
  if (isFull(station)) lines.push(`${short(labelOf(station))} is full: ${grouped(station.listeners.now)} of ${counted(station.listeners.max, "listener", "listeners")}.`);
  if (source && on_air.kind !== "live") lines.push(`${name}: ${source.user} is connected from ${source.address}, but not on the air.`);
  if (station.records_sources && source && !source.recorded) lines.push(`${name}: the session of ${source.user} is not recorded.`);
  if (relay && ["retrying", "connecting"].includes(relay.state)) lines.push(`${name}: the relay of ${relay.url} is ${relay.state}${relay.last_error ? ` (${relay.last_error})` : ""}.`);
  if (rendition_status && rendition_status.state !== "encoding") lines.push(`${name} ${mount}: ${rendition_status.summary}.`);
  return lines;
}

function showTrouble() {
  const warnings = recentWarnings();
  // What matters most comes first: the list may have to be scrolled on a small screen.
  const lines = reloadTrouble();
  if (warnings.length) {
    const [{ at, text }] = warnings;
    lines.push(`${counted(warnings.length, "warning", "warnings")} in the last hour, the latest at ${clock.format(new Date(at))}: ${text}`);
  }
  if (master?.last_error) lines.push(`The list of mounts of the master ${master.url} cannot be followed: ${master.last_error}.`);
  lines.push(...stations.flatMap(troubleOf));
  const list = find("trouble");
  list.classList.toggle("wrong", lines.length > 0);
  sync(list, lines.length ? lines : ["Nothing needs attention."], (it) => it, () => make("li"), (item, text) => fill(item, text));
  settleTrouble();
}

// The keyboard scrolls the list where it does not fit.
function settleTrouble() {
  const list = find("trouble");
  list.tabIndex = list.scrollHeight > list.clientHeight ? 0 : -1;
}

new ResizeObserver(settleTrouble).observe(find("trouble"));

async function loadStations() {
  // Renditions follow their station.
  const groupOf = (it) => it.rendition_of ?? it.id;
  const found = await request("/stations");
  master = found.master;
  stations = found.stations.sort((a, b) => groupOf(a) - groupOf(b) || a.id - b.id);
  const own = stations.filter((it) => !it.rendition_of);
  const listeners = stations.reduce((sum, it) => sum + it.listeners.now, 0);
  fill(find("overall"), `${counted(own.length, "station", "stations")}, ${counted(listeners, "listener", "listeners")}`);
  // The card of a station also shows its renditions, which have no inputs.
  sync(find("stations"), own, (it) => it.id, createStation, showStation);
  settle(find("stations"));
  const showOption = (option, station) => fill(option, labelOf(station));
  for (const [id, all] of [["station", stations], ["left-out-station", own]])
    sync(find(id), all, (it) => it.id, (it) => make("option", { value: it.id }), showOption);
  showLogStations(stations, labelOf);
  showTrouble();
}

// Tables.
function toggleTable(rows, empty, hasRows) {
  find(rows).parentElement.hidden = !hasRows;
  find(empty).hidden = hasRows;
}

// A row with the labels of the table's head.
function row(rows) {
  const labels = [...find(rows).parentElement.tHead.rows[0].cells].map((it) => it.textContent);
  return make("tr", {}, ...labels.filter((it) => it !== "Actions").map((label) => make("td", { data: { label } })));
}

function fillRow(line, cells) {
  cells.forEach((text, column) => fill(line.children[column], text));
}

// Listeners. The rows are those of the station `listed`, from the listener with this number on.
let [listed, offset] = ["", 0];

function createListener(listener) {
  const line = row("listeners");
  const button = (name, className, text, action) =>
    make("button", { type: "button", className, label: `${name} ${listener.address}`, onclick: () => action(listed, listener) }, text);
  const buttons = [
    button("Kick", "kick", "Kick", kickListener),
    button("Move", "move", "Move…", moveListener),
    button("Ban", "ban danger", "Ban…", banListener),
  ];
  line.append(make("td", { className: "do" }, ...buttons));
  return line;
}

function showListener(line, it) {
  const agent = (it.user_agent || "unknown") + (it.referer && `, from ${it.referer}`);
  fillRow(line, [it.address, agent, duration(it.connected_s), `${Number(it.behind_s).toFixed(1)} s`, it.skips, size(it.bytes_sent)]);
}

function showPages(total, matching, shown) {
  const [first, pages] = [offset + 1, Math.max(Math.ceil(matching / PAGE_LENGTH), 1)];
  const what = find("search").value.trim() ? `of ${grouped(matching)} that match, ${counted(total, "connection", "connections")} in all` : `of ${counted(total, "connection", "connections")}`;
  fill(find("listeners-count"), shown ? `${grouped(first)}–${grouped(offset + shown)} ${what}` : `0 ${what}`);
  fill(find("pages"), `of ${grouped(pages)}`);
  const page = find("page");
  if (page !== document.activeElement) page.value = offset / PAGE_LENGTH + 1;
  page.max = pages;
  find("previous").disabled = !offset;
  find("next").disabled = offset + PAGE_LENGTH >= matching;
  fill(find("no-listeners"), total ? "No listener matches." : "No listeners.");
}

async function loadListeners() {
  const id = find("station").value;
  if (!id) return;
  const [search, sort] = [find("search").value.trim(), find("sort").value];
  const parameters = new URLSearchParams({ limit: PAGE_LENGTH, offset, sort, search });
  const { total, matching, listeners } = await request(`/stations/${id}/listeners?${parameters}`);
  if (!listeners.length && offset && matching) {
    // The last page is gone.
    offset = Math.floor((matching - 1) / PAGE_LENGTH) * PAGE_LENGTH;
    return loadListeners();
  }
  if (listed !== id) find("listeners").replaceChildren();
  listed = id;
  sync(find("listeners"), listeners, (it) => it.id, createListener, showListener);
  showPages(total, matching, listeners.length);
  toggleTable("listeners", "no-listeners", listeners.length > 0);
  for (const button of document.querySelectorAll("[data-sort]")) {
    const isSorted = [button.dataset.sort, reversed(button.dataset.sort)].includes(sort);
    // The listener with the lowest id has been connected for the longest time.
    const isDescending = sort.startsWith("-") !== sort.endsWith("id");
    button.parentElement.setAttribute("aria-sort", !isSorted ? "none" : isDescending ? "descending" : "ascending");
  }
  settle(find("listeners-table"));
}

const reversed = (sort) => (sort.startsWith("-") ? sort.slice(1) : `-${sort}`);

function showPage(first) {
  // An empty field has no number.
  if (!Number.isFinite(first)) return;
  offset = Math.max(first, 0);
  return loops.listeners();
}

function showListeners(id) {
  find("station").value = id;
  find("search").value = "";
  offset = 0;
  showTab("listeners", opened);
  find("tab-listeners").focus();
}

find("station").onchange = () => showPage(0);
find("sort").onchange = () => showPage(0);
find("previous").onclick = () => showPage(offset - PAGE_LENGTH);
find("next").onclick = () => showPage(offset + PAGE_LENGTH);
find("page").onchange = ({ target }) => target.reportValidity() && showPage((target.valueAsNumber - 1) * PAGE_LENGTH);
let typing;
find("search").oninput = () => {
  clearTimeout(typing);
  typing = setTimeout(() => showPage(0), 300);
};
for (const button of document.querySelectorAll("[data-sort]"))
  button.onclick = () => {
    const sort = find("sort");
    sort.value = sort.value === button.dataset.sort ? reversed(button.dataset.sort) : button.dataset.sort;
    showPage(0);
  };

const describe = ({ address, user_agent }) => `${address} (${user_agent || "unknown user agent"})`;

async function kickListener(station, listener) {
  const yes = await confirmDialog("Kick this listener?", `${describe(listener)} will be disconnected. It can reconnect.`, "Kick");
  if (yes) act("Kick", `/stations/${station}/kick`, { client: listener.id });
}

// Asks for another station or rendition. Returns its mount, or null.
async function chooseStation(id, title, text) {
  const others = stations.filter((it) => String(it.id) !== id).map((it) => make("option", { value: it.mount }, labelOf(it)));
  const form = await confirmDialog(title, text, "Move", make("label", {}, "to ", make("select", { name: "to" }, ...others)));
  return form?.get("to");
}

async function moveListener(station, listener) {
  const text = `${describe(listener)} will hear another station or rendition. It stays connected.`;
  const to = await chooseStation(station, "Move this listener?", text);
  if (to) act("Move", `/stations/${station}/move`, { to, client: listener.id });
}

find("move").onclick = async () => {
  const id = find("station").value;
  const text = `All listeners of ${nameOf(Number(id))} will hear another station or rendition. They stay connected.`;
  const to = await chooseStation(id, "Move the listeners?", text);
  if (to) act("Move", `/stations/${id}/move`, { to });
};

// Returns the network of an address: a /24, or a /64 for IPv6.
function network(address) {
  if (!address.includes(":")) return address.replace(/\.\d+$/, ".0/24");
  const [before, after] = address.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = after ? Array(Math.max(8 - before.length - after.length, 0)).fill("0") : [];
  return `${[...before, ...zeros, ...(after ?? [])].slice(0, 4).join(":")}::/64`;
}

async function banListener(station, { id, address, user_agent }) {
  const targets = [["address", address], ["network", network(address)], ["agent", user_agent]].filter(([, value]) => value);
  const radios = targets.map(([kind, value], index) =>
    make("label", {}, make("input", { type: "radio", name: "kind", value: kind, checked: !index }), ` ${kind === "agent" ? "user agent" : kind} ${value}`));
  const reason = make("label", {}, "Reason ", make("input", { name: "reason", autocomplete: "off" }));
  const text = "Matching clients are disconnected and refused until the ban is removed.";
  const form = await confirmDialog("Add a ban?", text, "Ban", make("fieldset", {}, ...radios, reason));
  if (!form) return;
  const [, value] = targets.find(([kind]) => kind === form.get("kind"));
  const isBanned = await act("Ban", "/bans", { [form.get("kind")]: value, reason: form.get("reason") });
  // The listener may have left already.
  if (isBanned) request(`/stations/${station}/kick`, { client: id }).catch(() => {}).finally(refresh);
}

// Bans.
function createBan(ban) {
  const line = row("bans");
  const onclick = () => act("Ban", "/bans/remove", { id: ban.id });
  const remove = { type: "button", label: `Remove the ban of ${ban.value}`, onclick };
  line.append(make("td", { className: "do" }, make("button", remove, "Remove")));
  return line;
}

function showBan(line, ban) {
  const kind = ban.kind === "agent" ? "user agent" : ban.kind;
  fillRow(line, [ban.value, kind, ban.reason ?? "", date.format(new Date(ban.since))]);
}

async function loadBans() {
  const { bans } = await request("/bans");
  sync(find("bans"), bans, (it) => it.id, createBan, showBan);
  toggleTable("bans", "no-bans", bans.length > 0);
  settle(find("bans-table"));
}

find("ban").onsubmit = async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const [kind, value] = [form.get("kind"), form.get("value").trim()];
  const text = `Clients that match ${value} are disconnected and refused until the ban is removed.`;
  if (!(await confirmDialog(`Ban this ${kind === "agent" ? "user agent" : kind}?`, text, "Ban"))) return;
  if (await act("Ban", "/bans", { [kind]: value, reason: form.get("reason") })) event.target.reset();
};

// Conversion.
async function loadConversion() {
  const id = find("left-out-station").value;
  if (!id) return;
  const { workers } = await request("/workers");
  sync(find("workers"), workers, (it) => it.worker, () => row("workers"), (line, it) =>
    fillRow(line, [it.worker, `${it.state} ${it.pid ?? ""}`, it.stations.join(", "), duration(it.cpu_s), size(it.memory_bytes), it.starts, it.deaths]));
  const { files, count } = await request(`/stations/${id}/left-out`);
  sync(find("left-out"), files, (it) => it.file, () => make("li"), (line, it) => fill(line, `${it.file}: ${it.reason}`));
  fill(find("left-out-count"), count > files.length ? `the latest ${files.length} of ${counted(count, "file", "files")}` : counted(count, "file", "files"));
}

find("left-out-station").onchange = () => loops.conversion();

// Configuration.
find("reload").onclick = () => reload().finally(refresh);

// Refreshes what is shown.
const groups = ["stations", "listeners-table", "bans-table"].map(find);
groups.forEach(rove);
const loops = {
  stations: every(4, loadStations),
  log: every(2, async () => {
    await loadLog();
    showTrouble();
  }),
  reload: every(15, async () => {
    await loadReload();
    showTrouble();
  }),
};
// The parts that are shown only in a tab of their own.
const TABS = [
  ["listeners", 3, loadListeners],
  ["bans", 15, loadBans],
  ["conversion", 5, loadConversion],
  ["history", 60, () => loadHistory(nameOf, stations.map((it) => it.id))],
];
for (const [name, seconds, load] of TABS) loops[name] = every(seconds, load, () => isShown(name));

function opened() {
  for (const [name] of TABS) if (isShown(name)) loops[name]();
  if (isShown("log")) openLog();
  groups.forEach(settle);
}

function refresh() {
  loops.stations();
  loops.reload();
  opened();
}

startTabs(opened);
// The other parts need the list of stations.
await loops.stations();
loops.log();
loops.reload();
opened();
