// Script of the admin page. Data from clients is only ever inserted as text. Every action is a request to the API, with
// the credentials that the browser has for this page.

const API = `${location.origin}/api/v1/admin`;
const find = (id) => document.getElementById(id);
const message = find("said");
const LEVELS = { error: 0, warn: 1, info: 2, debug: 3, trace: 3 };
const LINES_MAX = 500;
const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;
let stations = [];

function make(name, options = {}, ...children) {
  const { data, label, ...properties } = options;
  const element = Object.assign(document.createElement(name), properties);
  Object.assign(element.dataset, data);
  if (label) element.setAttribute("aria-label", label);
  element.append(...children);
  return element;
}

function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function fill(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}

// Syncs the children of `list` with `items`. Existing children stay, so a focused button keeps the focus.
function sync(list, items, key, create, update) {
  const existing = new Map([...list.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, index) => {
    const name = String(key(item));
    const child = existing.get(name) ?? create(item);
    existing.delete(name);
    child.dataset.key = name;
    update(child, item);
    if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null);
  });
  existing.forEach((child) => child.remove());
}

// Times, durations and sizes in readable form.
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const clockWithSeconds = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

function duration(seconds) {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${Math.floor(seconds) % 60} s` : `${Math.floor(seconds)} s`;
}

const counted = (number, one, many) => `${number} ${number === 1 ? one : many}`;

function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const unit = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${(bytes / 1000 ** unit).toFixed(unit ? 1 : 0)} ${units[unit]}`;
}

async function request(path, form) {
  // Only a page of this server can set this header. It is the proof over plain HTTP, if the browser leaves out Referer.
  const headers = { "X-Requested-With": "coldwave" };
  const options = form ? { method: "POST", headers, body: new URLSearchParams(form) } : { headers };
  const response = await fetch(API + path, options).catch(() => {
    throw new Error("The server cannot be reached.");
  });
  const data = await response.json().catch(() => ({}));
  if (response.ok) return data;
  if (response.status === 401) throw new Error("Authentication failed. Reload this page.");
  throw new Error(data.error ?? `The server answered ${response.status}.`);
}

let messageTimer;
function showMessage(text, isError = false) {
  clearTimeout(messageTimer);
  message.className = isError ? "wrong" : "";
  message.setAttribute("role", isError ? "alert" : "status");
  fill(message, text);
  messageTimer = setTimeout(() => fill(message, ""), isError ? 15000 : 5000);
}

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

// Asks for confirmation. Returns the form data, or null if cancelled.
function confirmDialog(title, text, yes, ...fields) {
  const dialog = find("ask");
  fill(find("ask-title"), title);
  fill(find("ask-text"), text);
  fill(find("ask-yes"), yes);
  const form = make("form", {}, ...fields);
  find("ask-more").replaceChildren(form);
  return new Promise((resolve) => {
    const close = (value) => {
      dialog.onclose = null;
      dialog.close();
      resolve(value);
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      close(new FormData(form));
    };
    find("ask-yes").onclick = () => close(new FormData(form));
    find("ask-no").onclick = () => close(null);
    dialog.onclose = () => close(null);
    dialog.showModal();
    find("ask-no").focus();
  });
}

// Stations.
const pathOf = (station, action) => `/stations/${station.id}/${action}`;

function createStation(station) {
  const label = `New title for ${station.name}`;
  const title = make("input", { name: "song", required: true, placeholder: "Artist - Title", autocomplete: "off", label });
  const form = make("form", {}, title, make("button", { className: "title" }, "Set title"));
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (await act("New title", pathOf(station, "title"), { song: title.value })) title.value = "";
  };
  const onclick = () => act("Skip", pathOf(station, "skip"), {});
  const skip = make("button", { type: "button", className: "skip", onclick }, "Skip track");
  const kick = make("button", { type: "button", className: "kick danger" }, "Kick source");
  kick.onclick = async () => {
    const text = `${kick.dataset.source} will be disconnected from ${station.name}.`;
    if (await confirmDialog("Kick the source?", text, "Kick source")) act("Source", pathOf(station, "kick-source"), {});
  };
  return make(
    "article",
    {},
    make("div", { className: "bar" }, make("h3"), make("span", { className: "kind" })),
    make("p", { className: "on" }),
    make("dl"),
    form,
    make("div", { className: "bar" }, skip, kick),
  );
}

const labelOf = (station) => (station.rendition_of ? `${station.name} ${station.mount}` : station.name);
const KINDS = { silence: "Off air", autodj: "AutoDJ", live: "Live", relay: "Relay" };

function showStation(card, station) {
  const [kind, source, input] = [card.querySelector(".kind"), station.source, station.on_air.kind];
  fill(card.querySelector("h3"), station.name);
  kind.dataset.kind = input;
  fill(kind, KINDS[input] ?? input);
  const renditions = stations.filter((it) => it.rendition_of === station.id);
  fill(card.querySelector(".on"), station.title?.text ?? "No title");
  const { now, peak, max, unique, with_renditions } = station.listeners;
  const lines = [
    ["Stream", station.mount],
    ["Listeners", `${now} (${counted(unique, "address", "addresses")}), peak ${peak}, limit ${max}`],
    ["With renditions", station.renditions.length && with_renditions],
    ...renditions.map((it) => [it.mount, `${counted(it.listeners.now, "listener", "listeners")}, ${it.rendition_status?.summary}`]),
    ["Since", station.on_air.since && date.format(new Date(station.on_air.since))],
    ["Source", source && `${source.user} from ${source.address}, since ${date.format(new Date(source.since))}`],
    ["User agent", source?.user_agent],
    ["Relay of", station.relay && `${station.relay.url} (${station.relay.state})`],
    ["Audio", station.audio?.summary],
    ["Format", station.music_format?.summary],
    ["Left out", station.left_out && `${station.left_out} files`],
    ["Next", station.next[0]],
    ["Sent", `${size(station.bytes_sent)}, ${counted(station.skips, "skip", "skips")}`],
  ].filter(([, text]) => text);
  const list = card.querySelector("dl");
  const pairs = lines.flatMap(([name, text]) => [["dt", name, name], ["dd", `${name}:`, text]]);
  sync(list, pairs, ([, key]) => key, ([tag]) => make(tag), (child, [, , text]) => fill(child, text));
  // A relay takes its titles from the upstream. In silence, a title is kept for the next DJ.
  fill(card.querySelector(".title"), input === "silence" ? "Title for the next DJ" : "Set title");
  card.querySelector("form").hidden = input === "relay" || (input === "silence" && !station.accepts_sources);
  const kick = card.querySelector(".kick");
  kick.disabled = !source;
  kick.dataset.source = source ? `${source.user} from ${source.address}` : "";
  card.querySelector(".skip").disabled = input !== "autodj";
}

async function loadStations() {
  stations = (await request("/stations")).stations;
  // The card of a station also shows its renditions, which have no inputs.
  sync(find("stations"), stations.filter((it) => !it.rendition_of), (it) => it.id, createStation, showStation);
  const showOption = (option, station) => fill(option, labelOf(station));
  sync(find("station"), stations, (it) => it.id, (it) => make("option", { value: it.id }), showOption);
}

// Listeners.
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

function createListener(listener) {
  const line = row("listeners");
  const button = (name, className, text, action) =>
    make("button", { type: "button", className, label: `${name} ${listener.address}`, onclick: () => action(listener) }, text);
  const buttons = [button("Kick", "kick", "Kick", kickListener), button("Ban", "ban danger", "Ban…", banListener)];
  line.append(make("td", { className: "do" }, ...buttons));
  return line;
}

function showListener(line, it) {
  fillRow(line, [it.address, it.user_agent || "unknown", duration(it.connected_s), `${Number(it.behind_s).toFixed(1)} s`, it.skips, size(it.bytes_sent)]);
}

async function loadListeners() {
  const id = find("station").value;
  if (!id) return;
  const { listeners } = await request(`/stations/${id}/listeners`);
  sync(find("listeners"), listeners, (it) => it.id, createListener, showListener);
  fill(find("listeners-count"), counted(listeners.length, "connection", "connections"));
  toggleTable("listeners", "no-listeners", listeners.length > 0);
}

// Conversion.
async function loadConversion() {
  const { workers } = await request("/workers");
  sync(find("workers"), workers, (it) => it.worker, () => row("workers"), (line, it) =>
    fillRow(line, [it.worker, `${it.state} ${it.pid ?? ""}`, it.stations.join(", "), duration(it.cpu_s), size(it.memory_bytes), it.starts, it.deaths]));
  const { files } = await request(`/stations/${find("station").value}/left-out`);
  sync(find("left-out"), files, (it) => it.file, () => make("li"), (line, it) => fill(line, `${it.file}: ${it.reason}`));
}

async function kickListener(listener) {
  const id = find("station").value;
  const text = `${listener.address} (${listener.user_agent || "unknown user agent"}) will be disconnected. It can reconnect.`;
  const yes = await confirmDialog("Kick this listener?", text, "Kick");
  if (yes) act("Kick", `/stations/${id}/kick`, { client: listener.id });
}

find("move").onclick = async () => {
  const id = find("station").value;
  const others = stations.filter((it) => String(it.id) !== id).map((it) => make("option", { value: it.mount }, labelOf(it)));
  const to = make("label", {}, "to ", make("select", { name: "to" }, ...others));
  const text = `All listeners of ${nameOf(Number(id))} will hear another station or rendition. They stay connected.`;
  const form = await confirmDialog("Move the listeners?", text, "Move", to);
  if (form) act("Move", `/stations/${id}/move`, { to: form.get("to") });
};

// Returns the network of an address: a /24, or a /64 for IPv6.
function network(address) {
  if (!address.includes(":")) return address.replace(/\.\d+$/, ".0/24");
  const [before, after] = address.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = after ? Array(Math.max(8 - before.length - after.length, 0)).fill("0") : [];
  return `${[...before, ...zeros, ...(after ?? [])].slice(0, 4).join(":")}::/64`;
}

async function banListener({ id, address, user_agent }) {
  const station = find("station").value;
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
}

find("ban").onsubmit = async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const [kind, value] = [form.get("kind"), form.get("value").trim()];
  const text = `Clients that match ${value} are disconnected and refused until the ban is removed.`;
  if (!(await confirmDialog(`Ban this ${kind === "agent" ? "user agent" : kind}?`, text, "Ban"))) return;
  if (await act("Ban", "/bans", { [kind]: value, reason: form.get("reason") })) event.target.reset();
};

// The last 24 hours.
const [HIGH, LEFT, LOW] = [180, 36, 22];

// Draws from the first sample to now, at least one hour and at most 24.
function graph(audience, peak, now) {
  const width = Math.max(find("audience").clientWidth, 240);
  const start = Math.min(...audience.flatMap(({ samples }) => samples.slice(0, 1)).map((it) => Date.parse(it.at)), now);
  const span = Math.min(Math.max(now - start, HOUR_MS), DAY_MS);
  const x = (time) => LEFT + ((time - now + span) / span) * (width - LEFT - 8);
  const y = (count) => (HIGH - LOW) - (count / peak) * (HIGH - LOW - 12);
  const chart = svg("svg", { width, height: HIGH, role: "img", "aria-labelledby": "audience-summary" });
  for (const count of new Set([0, Math.round(peak / 2), peak])) {
    chart.append(svg("path", { class: "grid", d: `M${LEFT} ${y(count)}H${width}` }));
    chart.append(svg("text", { x: LEFT - 6, y: y(count) + 4, "text-anchor": "end" }, String(count)));
  }
  const parts = Math.min(Math.floor(width / 100), 6);
  for (let part = 1; part < parts; part += 1) {
    const time = now - (part * span) / parts;
    chart.append(svg("text", { x: x(time), y: HIGH - 4, "text-anchor": "middle" }, clock.format(time)));
  }
  audience.forEach(({ samples }, index) => {
    const points = samples.map((it) => `${x(Date.parse(it.at)).toFixed(1)} ${y(it.listeners).toFixed(1)}`);
    if (samples.length) points.push(`${x(now)} ${y(samples.at(-1).listeners).toFixed(1)}`);
    if (points.length) chart.append(svg("path", { class: `line s${index % 4}`, d: `M${points.join("L")}` }));
  });
  return chart;
}

const nameOf = (id) => labelOf(stations.find((it) => it.id === id) ?? { name: `Station ${id}` });

function legend(audience) {
  const entries = audience.map(({ id }, index) => {
    const line = svg("svg", { viewBox: "0 0 32 12", "aria-hidden": "true" }, svg("path", { class: `line s${index % 4}`, d: "M0 6H32" }));
    return make("span", {}, line, nameOf(id));
  });
  return make("p", { className: "legend" }, ...entries);
}

function summary(audience) {
  const sentences = audience.map(({ id, samples }) => {
    const top = samples.reduce((top, it) => (it.listeners > top.listeners ? it : top), { listeners: 0 });
    const when = top.at ? `, at ${clock.format(new Date(top.at))}` : "";
    return `${nameOf(id)}: peak ${top.listeners}${when}, last ${samples.at(-1)?.listeners ?? 0}.`;
  });
  return sentences.join(" ");
}

function byHour(audience) {
  const hours = new Map();
  audience.forEach(({ samples }, column) =>
    samples.forEach((it) => {
      const hour = new Date(it.at).setMinutes(0, 0, 0);
      if (!hours.has(hour)) hours.set(hour, audience.map(() => 0));
      hours.get(hour)[column] = Math.max(hours.get(hour)[column], it.listeners);
    }));
  const cell = (scope, text) => make("th", { scope }, text);
  const head = make("tr", {}, cell("col", "From"), ...audience.map(({ id }) => cell("col", `Peak of ${nameOf(id)}`)));
  const rows = [...hours].sort(([a], [b]) => b - a).map(([hour, counts]) =>
    make("tr", {}, cell("row", clock.format(hour)), ...counts.map((count) => make("td", {}, String(count)))));
  return [make("thead", {}, head), make("tbody", {}, ...rows)];
}

async function loadAudience() {
  const audience = (await request("/audience")).stations;
  const peak = Math.max(1, ...audience.flatMap(({ samples }) => samples.map((it) => it.listeners)));
  find("audience").replaceChildren(graph(audience, peak, Date.now()), legend(audience));
  fill(find("audience-summary"), summary(audience));
  find("audience-table").replaceChildren(...byHour(audience));
}

// The log.
let after = 0;

async function loadLog() {
  const { lines, last } = await request(`/log?after=${after}`);
  after = last;
  if (!lines.length) return;
  const log = find("log");
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.append(...lines.map((it) => {
    const level = it.level in LEVELS ? it.level : "info";
    const time = make("time", { dateTime: it.at }, clockWithSeconds.format(new Date(it.at)));
    return make("li", { className: level }, time, make("span", {}, level === "info" ? it.text : `${level}: ${it.text}`));
  }));
  while (log.children.length > LINES_MAX) log.firstChild.remove();
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

const showLevel = () => (find("log").dataset.most = find("level").value);
find("level").onchange = showLevel;
showLevel();

// Refreshes periodically while the page is visible.
const failures = new Map();

async function run(load) {
  try {
    await load();
    if (failures.delete(load) && !failures.size) showMessage("Connected again.");
  } catch (error) {
    if (failures.get(load) !== error.message) showMessage(error.message, true);
    failures.set(load, error.message);
  }
}

function every(seconds, load) {
  setInterval(() => document.hidden || run(load), seconds * 1000);
}

async function refresh() {
  await run(loadStations);
  await Promise.all([run(loadListeners), run(loadConversion), run(loadBans)]);
}

find("station").onchange = refresh;
await refresh();
await Promise.all([run(loadAudience), run(loadLog)]);
every(4, loadStations);
every(3, loadListeners);
every(5, loadConversion);
every(15, loadBans);
every(60, loadAudience);
every(2, loadLog);
document.addEventListener("visibilitychange", () => document.hidden || refresh());
