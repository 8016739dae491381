// Parts of the admin page that know nothing about stations: elements, readable numbers, requests, messages, the
// banner while the server does not answer, dialogs, tabs, and groups of controls with one Tab stop.

const API = `${location.origin}/api/v1/admin`;

// A request that takes longer has failed. Without this limit, a lost network would look like a slow server. It is
// aborted later, because the browser may ask for a password meanwhile.
const REQUEST_TIMEOUT_MS = 10000;
const ABORT_MS = 30000;

export const find = (id) => document.getElementById(id);

export function make(name, options = {}, ...children) {
  const { data, label, role, ...properties } = options;
  const element = Object.assign(document.createElement(name), properties);
  Object.assign(element.dataset, data);
  if (label) element.setAttribute("aria-label", label);
  if (role) element.setAttribute("role", role);
  element.append(...children);
  return element;
}

export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export function fill(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}

// Syncs the children of `list` with `items`. Existing children stay, so a focused button keeps the focus. If the
// child with the focus is removed, the one in its place gets it.
export function sync(list, items, key, create, update) {
  const focused = [...list.children].findIndex((child) => child.contains(document.activeElement));
  const control = focused >= 0 ? controlsOf(list.children[focused]).indexOf(document.activeElement) : -1;
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
  if (control >= 0 && !list.contains(document.activeElement)) {
    const controls = controlsOf(list.children[Math.min(focused, list.children.length - 1)] ?? list);
    controls[Math.min(control, controls.length - 1)]?.focus();
  }
}

// Times, durations and sizes in readable form.
export const date = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "short" });
export const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
export const clockWithSeconds = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
export const dateWithSeconds = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });
export const grouped = (number) => number.toLocaleString();
export const counted = (number, one, many) => `${grouped(number)} ${number === 1 ? one : many}`;

export function duration(seconds) {
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${Math.floor(seconds) % 60} s` : `${Math.max(Math.floor(seconds), 0)} s`;
}

// A time and how long ago it was.
export const since = (time) => `${date.format(new Date(time))} (${duration((Date.now() - Date.parse(time)) / 1000)})`;

export function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const unit = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${(bytes / 1000 ** unit).toFixed(unit ? 1 : 0)} ${units[unit]}`;
}

// Requests. `status` of an error is that of the response; 0 if there is none.
function failure(status, text) {
  return Object.assign(new Error(text), { status });
}

export async function request(path, form) {
  // Only a page of this server can set this header. It is the proof over plain HTTP, if the browser leaves out Referer.
  const headers = { "X-Requested-With": "coldwave" };
  const signal = AbortSignal.timeout(ABORT_MS);
  const options = form ? { method: "POST", headers, signal, body: new URLSearchParams(form) } : { headers, signal };
  const late = new Promise((_, reject) => setTimeout(() => reject(failure(0, "The server does not answer.")), REQUEST_TIMEOUT_MS));
  return Promise.race([answer(path, options), late]);
}

async function answer(path, options) {
  const response = await fetch(API + path, options).catch(() => {
    throw failure(0, "The server cannot be reached.");
  });
  const data = await response.json().catch(() => null);
  // 422 is a report too: of a refused configuration.
  if ((response.ok || response.status === 422) && data) return data;
  if (response.status === 401) throw failure(401, "The server does not accept the password any more.");
  throw failure(response.ok ? 502 : response.status, data?.error ?? `The server answered ${response.status}.`);
}

let messageTimer;
export function showMessage(text, isError = false) {
  const message = find("said");
  clearTimeout(messageTimer);
  message.className = isError ? "wrong" : "";
  message.setAttribute("role", isError ? "alert" : "status");
  fill(message, text);
  messageTimer = setTimeout(() => fill(message, ""), isError ? 15000 : 5000);
}

// The banner. It stays until every kind of request that the shown tab needs has succeeded again.
const failures = new Map();
const currentFailures = () => [...failures.values()].filter(({ isWanted }) => isWanted());
const ON_THE_SERVER = "See on the server whether coldwave runs (systemctl status coldwave) and what it wrote last (journalctl -eu coldwave).";

function remedy({ status }) {
  if (status === 0) return `${ON_THE_SERVER} If it runs, the network or a proxy between it and this browser does not work. If the browser asks for a password, it has been changed.`;
  if (status === 401) return "Reload this page and log in.";
  if (status === 403) return "Reload this page. If that does not help, see admin_password in the configuration file.";
  if (status === 429) return "Too many logins from your address have failed. Wait for a minute.";
  return `A proxy answers in place of coldwave, or coldwave has too much to do. ${ON_THE_SERVER}`;
}

function showFailures() {
  const error = currentFailures().at(-1);
  find("offline").hidden = !error;
  if (!error) return;
  fill(find("offline-what"), `Not connected: ${error.message}`);
  const next = isRefused ? "" : " It tries again every few seconds.";
  fill(find("offline-since"), `What this page shows is from ${clockWithSeconds.format(error.since)}.${next}`);
  fill(find("offline-remedy"), remedy(error));
}

// Errors about one thing, such as a station that is gone, do not mean that the server is away.
const isAway = ({ status }) => [0, 401, 403, 429].includes(status) || status >= 500;

// After a wrong password nothing is requested: a few more would lock out the address of the administrator.
let isRefused = false;
let connectedAt = Date.now();
async function run(load, isWanted) {
  try {
    await load();
    connectedAt = Date.now();
    if (failures.delete(load) && !currentFailures().length) showMessage("Connected again.");
  } catch (error) {
    // An error of this page itself must not end the refreshes.
    if (!("status" in error)) reportError(error);
    isRefused ||= error.status === 401;
    if (isAway(error)) {
      const since = failures.get(load)?.since ?? connectedAt;
      // The latest failure is the last one.
      failures.delete(load);
      failures.set(load, Object.assign(error, { isWanted, since }));
    } else showMessage(error.message, true);
  }
  showFailures();
}

// Returns a function that runs `load` at once, and again `seconds` after each run, while the page is visible and
// `isWanted`. Two runs never overlap: a call during a run lets another one follow.
export function every(seconds, load, isWanted = () => true) {
  let [timer, isRunning, again] = [null, false, false];
  const start = async () => {
    again = true;
    if (isRunning) return;
    isRunning = true;
    clearTimeout(timer);
    while (again) {
      again = false;
      if (!document.hidden && !isRefused && isWanted()) await run(load, isWanted);
    }
    isRunning = false;
    timer = setTimeout(start, seconds * 1000);
  };
  document.addEventListener("visibilitychange", () => document.hidden || start());
  find("offline-retry").addEventListener("click", () => {
    isRefused = false;
    start();
  });
  addEventListener("online", start);
  return start;
}

// Asks for confirmation. Returns the form data, or null if cancelled.
export function confirmDialog(title, text, yes, ...fields) {
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
    const accept = () => form.reportValidity() && close(new FormData(form));
    form.onsubmit = (event) => {
      event.preventDefault();
      accept();
    };
    find("ask-yes").onclick = accept;
    find("ask-no").onclick = () => close(null);
    dialog.onclose = () => close(null);
    dialog.showModal();
    (form.querySelector("input:not([type=radio])[required]") ?? find("ask-no")).focus();
  });
}

// Groups of controls with one Tab stop (the pattern "grid" of the ARIA Authoring Practices): 100 listeners with three
// buttons each would be 300 stops. Arrow keys move between the controls.
function controlsOf(element) {
  return [...element.querySelectorAll("a[href], button")].filter((it) => !it.disabled && it.checkVisibility());
}

// Lets Tab reach exactly one control of the group: the last one that had the focus, if it is still there.
export function settle(group) {
  const all = controlsOf(group);
  if (!all.length) return;
  const stop = all.find((it) => it === document.activeElement) ?? all.find((it) => it.tabIndex === 0 && it.dataset.stop) ?? all[0];
  for (const it of group.querySelectorAll("a[href], button")) {
    it.tabIndex = it === stop ? 0 : -1;
    if (it === stop) it.dataset.stop = "1";
    else delete it.dataset.stop;
  }
}

function target(group, key, from, rows) {
  const row = rows.findIndex((it) => it.includes(from));
  const column = rows[row].indexOf(from);
  const inRow = (index) => {
    const other = rows[Math.min(Math.max(index, 0), rows.length - 1)];
    return other[Math.min(column, other.length - 1)];
  };
  const all = rows.flat();
  switch (key) {
    case "ArrowRight": return all[all.indexOf(from) + 1];
    case "ArrowLeft": return all[all.indexOf(from) - 1];
    case "ArrowDown": return inRow(row + 1);
    case "ArrowUp": return inRow(row - 1);
    case "PageDown": return inRow(row + 10);
    case "PageUp": return inRow(row - 10);
    case "Home": return all[0];
    case "End": return all.at(-1);
  }
}

export function rove(group) {
  group.addEventListener("focusin", () => settle(group));
  group.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const rows = [...group.querySelectorAll("tr, [role=row]")].map(controlsOf).filter((it) => it.length);
    const from = event.target.closest("a[href], button");
    if (!rows.some((it) => it.includes(from))) return;
    const to = target(group, event.key, from, rows);
    if (!to) return;
    event.preventDefault();
    to.focus();
  });
}

// Tabs: the arrow keys choose one. The URL names it, so that a link can lead to it.
const tabs = [...find("tabs").children];
const panelOf = (tab) => find(tab.getAttribute("aria-controls"));
export const isShown = (name) => !find(`panel-${name}`).hidden;

export function showTab(name, onShow = () => {}) {
  const chosen = find(`tab-${name}`) ?? tabs[0];
  for (const tab of tabs) {
    tab.setAttribute("aria-selected", tab === chosen);
    tab.tabIndex = tab === chosen ? 0 : -1;
    panelOf(tab).hidden = tab !== chosen;
  }
  const hash = `#${chosen.id.slice("tab-".length)}`;
  if (location.hash !== hash && (location.hash || chosen !== tabs[0])) history.replaceState(null, "", hash);
  onShow();
}

export function startTabs(onShow) {
  const show = (tab) => showTab(tab.id.slice("tab-".length), onShow);
  tabs.forEach((tab, index) => {
    tab.onclick = () => show(tab);
    tab.onkeydown = ({ key }) => {
      const step = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: -1 }[key];
      if (step === undefined) return;
      const next = tabs.at(step % tabs.length);
      next.focus();
      show(next);
    };
  });
  addEventListener("hashchange", () => showTab(location.hash.slice(1), onShow));
  showTab(location.hash.slice(1), onShow);
}
