// All that the operator's page does. What comes from outside becomes text and nothing else; every deed is a request to
// the API, with the credentials that the browser has for this page.

const API = `${location.origin}/api/v1/admin`;
const find = (id) => document.getElementById(id);
const say = find("said");
const LEVELS = { error: 0, warn: 1, info: 2, debug: 3, trace: 3 };
const LINES_MAX = 500;
const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;
let stations = [];

function make(name, more = {}, ...children) {
  const { data, ...properties } = more;
  const element = Object.assign(document.createElement(name), properties);
  Object.assign(element.dataset, data);
  element.append(...children);
  return element;
}

function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function fill(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}

// Has a child of `list` for each of `items`, those that are there already kept: whoever is at a button stays there.
function keep(list, items, key, begin, update) {
  const there = new Map([...list.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, place) => {
    const name = String(key(item));
    const child = there.get(name) ?? begin(item);
    there.delete(name);
    child.dataset.key = name;
    update(child, item);
    if (list.children[place] !== child) list.insertBefore(child, list.children[place] ?? null);
  });
  there.forEach((child) => child.remove());
}

// Times, lengths and sizes as people say them.
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const clockWithSeconds = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

function length(seconds) {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${Math.floor(seconds) % 60} s` : `${Math.floor(seconds)} s`;
}

const counted = (number, one, more) => `${number} ${number === 1 ? one : more}`;

function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const unit = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${(bytes / 1000 ** unit).toFixed(unit ? 1 : 0)} ${units[unit]}`;
}

// The API.
async function ask(path, form) {
  const more = form ? { method: "POST", body: new URLSearchParams(form) } : {};
  const answer = await fetch(API + path, more).catch(() => {
    throw new Error("The server cannot be reached.");
  });
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  if (answer.status === 401) throw new Error("Authentication failed. Reload this page.");
  throw new Error(told.error ?? `The server answered ${answer.status}.`);
}

let quiet;
function tell(words, isWrong = false) {
  clearTimeout(quiet);
  say.className = isWrong ? "wrong" : "";
  say.setAttribute("role", isWrong ? "alert" : "status");
  fill(say, words);
  quiet = setTimeout(() => fill(say, ""), isWrong ? 15000 : 5000);
}

// Does something, says how it went, and looks again.
async function act(what, path, form) {
  try {
    const { message } = await ask(path, form);
    tell(`${what}: ${message}`);
    return true;
  } catch (error) {
    tell(`${what}: ${error.message}`, true);
    return false;
  } finally {
    look();
  }
}

// Asks before what cannot be undone. Gives what was filled in, or null.
function confirmed(title, text, yes, ...more) {
  const dialog = find("ask");
  fill(find("ask-title"), title);
  fill(find("ask-text"), text);
  fill(find("ask-yes"), yes);
  const form = make("form", {}, ...more);
  find("ask-more").replaceChildren(form);
  return new Promise((resolve) => {
    const end = (value) => {
      dialog.onclose = null;
      dialog.close();
      resolve(value);
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      end(new FormData(form));
    };
    find("ask-yes").onclick = () => end(new FormData(form));
    find("ask-no").onclick = () => end(null);
    dialog.onclose = () => end(null);
    dialog.showModal();
    find("ask-no").focus();
  });
}

// Stations.
const at = (station, deed) => `/stations/${station.id}/${deed}`;

function beginStation(station) {
  const title = make("input", { name: "song", required: true, placeholder: "Artist - Title", autocomplete: "off" });
  title.setAttribute("aria-label", `New title for ${station.name}`);
  const form = make("form", {}, title, make("button", { className: "title" }, "Set title"));
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (await act("New title", at(station, "title"), { song: title.value })) title.value = "";
  };
  const skip = make("button", { type: "button", className: "skip" }, "Skip track");
  skip.onclick = () => act("Skip", at(station, "skip"), {});
  const kick = make("button", { type: "button", className: "kick danger" }, "Kick source");
  kick.onclick = async () => {
    const text = `${kick.dataset.who} will be disconnected from ${station.name}.`;
    if (await confirmed("Kick the source?", text, "Kick source")) act("Source", at(station, "kick-source"), {});
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

const KINDS = { silence: "Off air", autodj: "AutoDJ", live: "Live", relay: "Relay" };

function showStation(card, station) {
  const [kind, source] = [card.querySelector(".kind"), station.source];
  fill(card.querySelector("h3"), station.name);
  kind.dataset.kind = station.on_air.kind;
  fill(kind, KINDS[station.on_air.kind] ?? station.on_air.kind);
  fill(card.querySelector(".on"), station.title?.text ?? "No title");
  const { now, peak, max, unique } = station.listeners;
  const lines = [
    ["Stream", station.mount],
    ["Listeners", `${now} (${counted(unique, "address", "addresses")}), peak ${peak}, limit ${max}`],
    ["Since", station.on_air.since && date.format(new Date(station.on_air.since))],
    ["Source", source && `${source.user} from ${source.address}, since ${date.format(new Date(source.since))}`],
    ["User agent", source?.user_agent],
    ["Relay of", station.relay && `${station.relay.url} (${station.relay.state})`],
    ["Next", station.next[0]],
    ["Sent", `${size(station.bytes_sent)}, ${counted(station.skips, "skip", "skips")}`],
  ].filter(([, text]) => text);
  const list = card.querySelector("dl");
  const pairs = lines.flatMap(([name, text]) => [["dt", name, name], ["dd", `${name}:`, text]]);
  keep(list, pairs, ([, key]) => key, ([tag]) => make(tag), (child, [, , text]) => fill(child, text));
  // A relay's titles are its master's. What comes in silence is kept for the next DJ.
  const { kind: on } = station.on_air;
  fill(card.querySelector(".title"), on === "silence" ? "Title for the next DJ" : "Set title");
  card.querySelector("form").hidden = on === "relay" || (on === "silence" && !station.accepts_sources);
  const kick = card.querySelector(".kick");
  kick.disabled = !source;
  kick.dataset.who = source ? `${source.user} from ${source.address}` : "";
  card.querySelector(".skip").disabled = station.on_air.kind !== "autodj";
}

async function lookAtStations() {
  stations = (await ask("/stations")).stations;
  keep(find("stations"), stations, (it) => it.id, beginStation, showStation);
  const choose = (option, station) => fill(option, station.name);
  keep(find("station"), stations, (it) => it.id, (it) => make("option", { value: it.id }), choose);
}

// Listeners.
function showSome(rows, none, isThere) {
  find(rows).parentElement.hidden = !isThere;
  find(none).hidden = isThere;
}

function row(labels) {
  return make("tr", {}, ...labels.map((label) => make("td", { data: { label } })));
}

function beginListener(listener) {
  const line = row(["Address", "User agent", "Connected", "Behind", "Skips", "Sent"]);
  const kick = make("button", { type: "button", className: "kick" }, "Kick");
  kick.setAttribute("aria-label", `Kick ${listener.address}`);
  kick.onclick = () => throwOut(listener);
  const ban = make("button", { type: "button", className: "ban danger" }, "Ban…");
  ban.setAttribute("aria-label", `Ban ${listener.address}`);
  ban.onclick = () => banListener(listener);
  line.append(make("td", { className: "do" }, kick, ban));
  return line;
}

function showListener(line, it) {
  const cells = [it.address, it.user_agent || "unknown", length(it.connected_s), `${Number(it.behind_s).toFixed(1)} s`, it.skips, size(it.bytes_sent)];
  cells.forEach((text, place) => fill(line.children[place], text));
}

async function lookAtListeners() {
  const id = find("station").value;
  if (!id) return;
  const { listeners } = await ask(`/stations/${id}/listeners`);
  keep(find("listeners"), listeners, (it) => it.id, beginListener, showListener);
  fill(find("listeners-count"), counted(listeners.length, "connection", "connections"));
  showSome("listeners", "nobody", listeners.length > 0);
}

async function throwOut(listener) {
  const id = find("station").value;
  const text = `${listener.address} (${listener.user_agent || "unknown user agent"}) will be disconnected. It can reconnect.`;
  const yes = await confirmed("Kick this listener?", text, "Kick");
  if (yes) act("Kick", `/stations/${id}/kick`, { client: listener.id });
}

// The network that an address is in: a /24, or a /64 of IPv6.
function network(address) {
  if (!address.includes(":")) return address.replace(/\.\d+$/, ".0/24");
  const [before, after] = address.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = after ? Array(Math.max(8 - before.length - after.length, 0)).fill("0") : [];
  return `${[...before, ...zeros, ...(after ?? [])].slice(0, 4).join(":")}::/64`;
}

async function banListener({ id, address, user_agent }) {
  const station = find("station").value;
  const choices = [["address", address], ["network", network(address)], ["agent", user_agent]].filter(([, what]) => what);
  const radios = choices.map(([kind, what], place) =>
    make("label", {}, make("input", { type: "radio", name: "kind", value: kind, checked: !place }), ` ${kind === "agent" ? "user agent" : kind} ${what}`));
  const reason = make("label", {}, "Reason ", make("input", { name: "reason", autocomplete: "off" }));
  const text = "Matching clients are disconnected and refused until the ban is removed.";
  const form = await confirmed("Add a ban?", text, "Ban", make("fieldset", {}, ...radios, reason));
  if (!form) return;
  const [, what] = choices.find(([kind]) => kind === form.get("kind"));
  const isBanned = await act("Ban", "/bans", { [form.get("kind")]: what, reason: form.get("reason") });
  // He may be gone already.
  if (isBanned) ask(`/stations/${station}/kick`, { client: id }).catch(() => {}).finally(look);
}

// Bans.
function beginBan(ban) {
  const line = row(["Value", "Type", "Reason", "Since"]);
  const remove = make("button", { type: "button" }, "Remove");
  remove.setAttribute("aria-label", `Remove the ban of ${ban.value}`);
  remove.onclick = () => act("Ban", "/bans/remove", { id: ban.id });
  line.append(make("td", { className: "do" }, remove));
  return line;
}

function showBan(line, ban) {
  const kind = ban.kind === "agent" ? "user agent" : ban.kind;
  [ban.value, kind, ban.reason ?? "", date.format(new Date(ban.since))].forEach((text, place) => fill(line.children[place], text));
}

async function lookAtBans() {
  const { bans } = await ask("/bans");
  keep(find("bans"), bans, (it) => it.id, beginBan, showBan);
  showSome("bans", "no-bans", bans.length > 0);
}

find("ban").onsubmit = async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const [kind, what] = [form.get("kind"), form.get("value").trim()];
  const text = `Clients that match ${what} are disconnected and refused until the ban is removed.`;
  if (!(await confirmed(`Ban this ${kind === "agent" ? "user agent" : kind}?`, text, "Ban"))) return;
  if (await act("Ban", "/bans", { [kind]: what, reason: form.get("reason") })) event.target.reset();
};

// The last 24 hours.
const [HIGH, LEFT, LOW] = [180, 36, 22];

// From the first sample to now, an hour at least: a server that started an hour ago has no more to show.
function graph(audience, most, now) {
  const wide = Math.max(find("audience").clientWidth, 240);
  const begin = Math.min(...audience.flatMap(({ samples }) => samples.slice(0, 1)).map((it) => Date.parse(it.at)), now);
  const span = Math.min(Math.max(now - begin, HOUR_MS), DAY_MS);
  const x = (time) => LEFT + ((time - now + span) / span) * (wide - LEFT - 8);
  const y = (count) => (HIGH - LOW) - (count / most) * (HIGH - LOW - 12);
  const picture = draw("svg", { width: wide, height: HIGH, role: "img", "aria-labelledby": "audience-summary" });
  for (const count of new Set([0, Math.round(most / 2), most])) {
    picture.append(draw("path", { class: "grid", d: `M${LEFT} ${y(count)}H${wide}` }));
    picture.append(draw("text", { x: LEFT - 6, y: y(count) + 4, "text-anchor": "end" }, String(count)));
  }
  const parts = Math.min(Math.floor(wide / 100), 6);
  for (let part = 1; part < parts; part += 1) {
    const time = now - (part * span) / parts;
    picture.append(draw("text", { x: x(time), y: HIGH - 4, "text-anchor": "middle" }, clock.format(time)));
  }
  audience.forEach(({ samples }, place) => {
    const points = samples.map((it) => `${x(Date.parse(it.at)).toFixed(1)} ${y(it.listeners).toFixed(1)}`);
    if (samples.length) points.push(`${x(now)} ${y(samples.at(-1).listeners).toFixed(1)}`);
    if (points.length) picture.append(draw("path", { class: `line s${place % 4}`, d: `M${points.join("L")}` }));
  });
  return picture;
}

const nameOf = (id) => stations.find((it) => it.id === id)?.name ?? `Station ${id}`;

function legend(audience) {
  const entries = audience.map(({ id }, place) => {
    const line = draw("svg", { viewBox: "0 0 32 12", "aria-hidden": "true" }, draw("path", { class: `line s${place % 4}`, d: "M0 6H32" }));
    return make("span", {}, line, nameOf(id));
  });
  return make("p", { className: "legend" }, ...entries);
}

function summary(audience) {
  const sentences = audience.map(({ id, samples }) => {
    const top = samples.reduce((most, it) => (it.listeners > most.listeners ? it : most), { listeners: 0 });
    const when = top.at ? `, at ${clock.format(new Date(top.at))}` : "";
    return `${nameOf(id)}: peak ${top.listeners}${when}, last ${samples.at(-1)?.listeners ?? 0}.`;
  });
  return sentences.join(" ");
}

function byHour(audience) {
  const hours = new Map();
  audience.forEach(({ samples }, place) =>
    samples.forEach((it) => {
      const hour = new Date(it.at).setMinutes(0, 0, 0);
      if (!hours.has(hour)) hours.set(hour, audience.map(() => 0));
      hours.get(hour)[place] = Math.max(hours.get(hour)[place], it.listeners);
    }));
  const cell = (scope, text) => Object.assign(make("th", {}, text), { scope });
  const head = make("tr", {}, cell("col", "From"), ...audience.map(({ id }) => cell("col", `Peak of ${nameOf(id)}`)));
  const rows = [...hours].sort(([a], [b]) => b - a).map(([hour, counts]) =>
    make("tr", {}, cell("row", clock.format(hour)), ...counts.map((count) => make("td", {}, String(count)))));
  return [make("thead", {}, head), make("tbody", {}, ...rows)];
}

async function lookAtAudience() {
  const audience = (await ask("/audience")).stations;
  const most = Math.max(1, ...audience.flatMap(({ samples }) => samples.map((it) => it.listeners)));
  find("audience").replaceChildren(graph(audience, most, Date.now()), legend(audience));
  fill(find("audience-summary"), summary(audience));
  find("audience-table").replaceChildren(...byHour(audience));
}

// The log.
let after = 0;

async function lookAtLog() {
  const { lines, last } = await ask(`/log?after=${after}`);
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

// Looks again and again, while somebody sees the page.
const trouble = new Map();

async function watch(looking) {
  try {
    await looking();
    if (trouble.delete(looking) && !trouble.size) tell("Connected again.");
  } catch (error) {
    if (trouble.get(looking) !== error.message) tell(error.message, true);
    trouble.set(looking, error.message);
  }
}

function every(seconds, looking) {
  setInterval(() => document.hidden || watch(looking), seconds * 1000);
}

async function look() {
  await watch(lookAtStations);
  await Promise.all([watch(lookAtListeners), watch(lookAtBans)]);
}

find("station").onchange = () => watch(lookAtListeners);
await look();
await Promise.all([watch(lookAtAudience), watch(lookAtLog)]);
every(4, lookAtStations);
every(3, lookAtListeners);
every(15, lookAtBans);
every(60, lookAtAudience);
every(2, lookAtLog);
document.addEventListener("visibilitychange", () => document.hidden || look());
