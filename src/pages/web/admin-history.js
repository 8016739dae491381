// The listeners of the last 24 hours on the admin page: a graph for each station, one below the other at the same times.
// Lines of many stations in one graph could not be told apart, by colour or by dashes.

import { clock, fill, find, grouped, make, request, svg, sync } from "/assets/admin-kit.js";

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;
const [HIGH, LEFT, LOW, TOP] = [120, 44, 20, 8];
let [history, nameOf] = [[], (id) => `Station ${id}`];

// Each number is the peak of an interval that lasts until the next one begins. While the server did not run there is none.
const countOf = (count) => (count === null ? "–" : grouped(count));
const endOf = (samples, index, now) => (index + 1 < samples.length ? Date.parse(samples[index + 1].at) : now);

// Returns the index of the highest number; -1 if there is none.
const top = (samples) => samples.reduce((top, it, index) => (it.listeners !== null && it.listeners > (samples[top]?.listeners ?? -1) ? index : top), -1);

function summary({ samples }, now) {
  const index = top(samples);
  if (index < 0) return "no numbers yet";
  const { at, listeners } = samples[index];
  const when = listeners ? ` between ${clock.format(new Date(at))} and ${clock.format(endOf(samples, index, now))}` : "";
  return `peak ${grouped(listeners)}${when}, last ${countOf(samples.at(-1).listeners)}`;
}

// Splits the samples where the server did not run: these times are empty, not times without listeners.
function runs(samples, now) {
  const all = [[]];
  samples.forEach(({ at, listeners }, index) => {
    if (listeners !== null) all.at(-1).push({ from: Date.parse(at), to: endOf(samples, index, now), listeners });
    else if (all.at(-1).length) all.push([]);
  });
  return all.filter((run) => run.length);
}

// Draws from `start` to `now`.
function graph({ id, samples }, peak, start, now) {
  const width = Math.max(find("audience").firstElementChild.clientWidth, 200);
  const x = (time) => LEFT + ((time - start) / (now - start)) * (width - LEFT - 4);
  const y = (count) => HIGH - LOW - (count / peak) * (HIGH - LOW - TOP);
  const chart = svg("svg", { width, height: HIGH, role: "img", "aria-labelledby": `history-${id}` });
  for (const count of new Set([0, peak])) {
    chart.append(svg("path", { class: "grid", d: `M${LEFT} ${y(count)}H${width}` }));
    chart.append(svg("text", { x: LEFT - 6, y: y(count) + 4, "text-anchor": "end" }, grouped(count)));
  }
  const parts = Math.min(Math.floor(width / 90), 6);
  for (let part = 1; part < parts; part += 1) {
    const time = now - (part * (now - start)) / parts;
    chart.append(svg("text", { x: x(time), y: HIGH - 4, "text-anchor": "middle" }, clock.format(time)));
  }
  for (const run of runs(samples, now)) {
    const point = (time, count) => `${x(Math.max(time, start)).toFixed(1)} ${y(count).toFixed(1)}`;
    const points = run.flatMap(({ from, to, listeners }) => [point(from, listeners), point(to, listeners)]);
    const [first] = points[0].split(" ");
    chart.append(svg("path", { class: "area", d: `M${first} ${y(0)}L${points.join("L")}V${y(0)}Z` }));
    chart.append(svg("path", { class: "line", d: `M${points.join("L")}` }));
  }
  return chart;
}

function createChart({ id }) {
  return make("li", {}, make("p", { id: `history-${id}` }, make("strong"), " ", make("span", { className: "quiet" })), make("div"));
}

function byHour() {
  const hours = new Map();
  history.forEach(({ samples }, column) =>
    samples.forEach((it) => {
      const hour = new Date(it.at).setMinutes(0, 0, 0);
      if (!hours.has(hour)) hours.set(hour, history.map(() => null));
      const counts = hours.get(hour);
      if (it.listeners !== null) counts[column] = Math.max(counts[column] ?? 0, it.listeners);
    }));
  const cell = (scope, text) => make("th", { scope }, text);
  const head = make("tr", {}, cell("col", "From"), ...history.map(({ id }) => cell("col", `Peak of ${nameOf(id)}`)));
  const rows = [...hours].sort(([a], [b]) => b - a).map(([hour, counts]) =>
    make("tr", {}, cell("row", clock.format(hour)), ...counts.map((count) => make("td", {}, countOf(count)))));
  return [make("thead", {}, head), make("tbody", {}, ...rows)];
}

function show() {
  const now = Date.now();
  const oldest = Math.min(...history.flatMap(({ samples }) => samples.slice(0, 1)).map((it) => Date.parse(it.at)), now - HOUR_MS);
  const start = Math.max(oldest, now - DAY_MS);
  const peaks = history.map(({ samples }) => Math.max(1, samples[top(samples)]?.listeners ?? 0));
  const common = Math.max(1, ...peaks);
  const isCommon = find("scale").value === "common";
  sync(find("audience"), history, (it) => it.id, createChart, (item, station) => {
    fill(item.querySelector("strong"), nameOf(station.id));
    item.querySelector("strong").title = nameOf(station.id);
    fill(item.querySelector("span"), summary(station, now));
  });
  history.forEach((station, index) => {
    const chart = graph(station, isCommon ? common : peaks[index], start, now);
    find("audience").children[index].lastElementChild.replaceChildren(chart);
  });
  find("audience-table").replaceChildren(...byHour());
}

// `order` has the ids of the stations in the order of the page.
export async function loadHistory(labelOfId, order) {
  nameOf = labelOfId;
  history = (await request("/audience")).stations.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  show();
}

find("scale").onchange = show;
let timer;
addEventListener("resize", () => {
  clearTimeout(timer);
  timer = setTimeout(() => find("panel-history").hidden || show(), 200);
});
