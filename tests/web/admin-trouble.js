// The admin page over data that a test server does not have at once: gaps in the history, silent, full and idle stations,
// names that are as long as they may be. The responses of the API are changed on their way to the page.
// Arguments: the URL of the server, the admin password.

import { strict as assert } from "node:assert";
import { checkWidth, open, until, visit } from "./browser.js";

const [base, password] = process.argv.slice(2);
const LONG = "Sounds of the harbour and the sea ".repeat(7).trim();
const HOUR_MS = 3600 * 1000;
const browser = await open();
// Requests on the way to the server have the password, too.
const options = { httpCredentials: { username: "admin", password } };
const { page, faults } = await visit(browser, `${base}/index.html`, options);

// The stations: 1 plays, 2 has no music, 3 relays on demand, 4 cannot connect, 5 is full, 6 is a rendition of 1.
function changed(stations) {
  const silent = { on_air: { kind: "silence", name: null, since: null }, title: null, music_problem: null, relay: null };
  const changes = [
    {},
    { ...silent, name: LONG, music_problem: "no playable files: no files were found (no such file or directory: m2/)" },
    { ...silent, relay: { url: "http://a.example/live", state: "idle", last_error: null }, codec: null, bitrate_kbps: 128 },
    { ...silent, relay: { url: "http://b.example/live", state: "retrying", last_error: "cannot be reached: connection refused" } },
    { listeners: { ...stations[4].listeners, now: 7, max: 7 } },
    { rendition_of: stations[0].id, mount: "/s1-64" },
  ];
  return stations.map((station, index) => ({ ...station, ...changes[index] }));
}

await page.route("**/api/v1/admin/stations", async (route) => {
  const response = await route.fetch();
  await route.fulfill({ response, json: { stations: changed((await response.json()).stations) } });
});
// The certificates: one is fine, as is a short-lived one; one each has expired, begins later, is not renewed, is not replaced.
const day = (days) => new Date(Date.now() + days * 24 * HOUR_MS).toISOString();
const certificate = (name, state, validity, days_left, more = {}) =>
  ({ names: [name], label: name, not_before: day(days_left - 90), not_after: day(days_left), days_left, state, validity, path: `/etc/${name}.pem`, last_error: null, ...more });
const certificates = [
  certificate("fine.example", "valid", "valid until 2027-01-01, 40 days left", 40),
  certificate("short.example", "valid", "valid until 2027-01-01, 4 days left", 4, { not_before: day(-2) }),
  certificate("old.example", "expired", "expired since 2026-01-01", -3),
  certificate("early.example", "not_yet_valid", "not valid before 2027-01-01", 1218),
  certificate("late.example", "valid", "valid until 2027-01-01, 13 days left", 13),
  certificate("kept.example", "valid", "valid until 2027-01-01, 40 days left", 40, { last_error: "/etc/kept.pem is empty" }),
];
await page.route("**/api/v1/admin/certificates", (route) => route.fulfill({ json: { certificates } }));
const at = (hours, minutes = 0) => new Date(Math.floor(Date.now() / HOUR_MS) * HOUR_MS - hours * HOUR_MS + minutes * 60000).toISOString();
await page.route("**/api/v1/admin/audience", async (route) => {
  const response = await route.fetch();
  const { stations } = await response.json();
  const samples = [[at(5), 2], [at(5, 5), 9], [at(5, 10), null], [at(3), null], [at(2), 4]].map(([at, listeners]) => ({ at, listeners }));
  await route.fulfill({ response, json: { stations: stations.map((it) => ({ ...it, samples })) } });
});
// More than fit on a phone: one warning is enough, since its line comes first.
await fetch(`${base}/s2`, { method: "PUT", headers: { Authorization: `Basic ${btoa("source:wrong")}`, "Content-Type": "audio/mpeg" } });
await page.setViewportSize({ width: 375, height: 800 });
await page.goto(`${base}/admin/`);
const trouble = page.locator("#trouble li");
await until("the warning and the certificates", async () => {
  const lines = await trouble.allTextContents();
  return lines[0]?.startsWith("The certificate") && lines.some((line) => /in the last hour/.test(line));
});
const lines = await trouble.allTextContents();
assert.deepEqual(lines.filter((line) => line.startsWith("The certificate")), [
  "The certificate of old.example is expired since 2026-01-01.",
  "The certificate of early.example is not valid before 2027-01-01.",
  "The certificate of late.example is valid until 2027-01-01, 13 days left.",
  "The certificate of kept.example is not replaced: /etc/kept.pem is empty",
]);
assert.ok(lines.includes(`${LONG.slice(0, 59).trimEnd()}… is off air: no playable files: no files were found (no such file or directory: m2/).`), lines.join("\n"));
assert.ok(lines.includes("Station 4: the relay of http://b.example/live is retrying (cannot be reached: connection refused)."), lines.join("\n"));
assert.ok(lines.includes("Station 5 is full: 7 of 7 listeners."), lines.join("\n"));
assert.ok(!lines.some((line) => line.startsWith("Station 3")), "an idle relay on demand needs no attention");
// The box grows with what it has to say, and the first line is in view.
const box = await page.locator("#trouble").evaluate((it) => ({ top: it.scrollTop, shown: it.clientHeight, all: it.scrollHeight }));
assert.ok(box.top === 0 && (box.shown >= box.all || box.shown > 300), JSON.stringify(box));

const card = (name) => page.locator("#stations .card", { hasText: name });
assert.match(await card("/s2").textContent(), /Silent.*no playable files: no files were found/);
assert.match(await card("/s4").textContent(), /retrying: cannot be reached: connection refused/);
assert.match(await card("/s3").textContent(), /On demand/);
assert.match(await card("/s3").textContent(), /format not known yet/);
assert.ok(await card("/s5").locator(".full").isVisible());
assert.ok(!(await card("/s4").locator(".full").isVisible()));
assert.ok(!/null/.test(await page.locator("#stations").textContent()));

// Long names neither widen the page nor squeeze the labels, in any tab.
for (const tab of ["Stations", "Listeners", "Log", "Bans", "Last 24 hours", "Conversion", "Configuration"]) {
  await page.getByRole("tab", { name: tab }).click();
  await checkWidth(page);
  const heights = await page.locator(".tools label").locator("visible=true").evaluateAll((all) => all.map((it) => it.getBoundingClientRect().height));
  assert.ok(heights.every((height) => height < 100), `${tab}: ${heights}`);
}

// A long name does not let the filters of a desktop wrap.
await page.setViewportSize({ width: 1280, height: 800 });
await page.getByRole("tab", { name: "Log" }).click();
const tops = await page.locator("#panel-log .tools label").evaluateAll((all) => all.map((it) => it.getBoundingClientRect().top));
assert.ok(Math.max(...tops) - Math.min(...tops) < 10, `${tops}`);

// The time without a server is a gap in the graph, not a time without listeners, and the peak is in its interval.
await page.getByRole("tab", { name: "Last 24 hours" }).click();
const chart = page.locator("#audience li").first();
await chart.locator("path.line").first().waitFor();
assert.equal(await chart.locator("path.line").count(), 2);
const clock = (time) => page.evaluate((time) => new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).format(new Date(time)), time);
const text = await chart.locator("p").textContent();
assert.ok(text.includes(`peak 9 between ${await clock(at(5, 5))} and ${await clock(at(5, 10))}, last 4`), text);
await page.locator("summary").click();
const row = page.locator("#audience-table tr", { hasText: await clock(at(3)) }).first();
assert.equal(await row.locator("td").first().textContent(), "–");
// A rendition stands below its station.
const names = await page.locator("#audience strong").allTextContents();
assert.equal(names[1], "Station 6 /s1-64", names.join(", "));

// What is said of a certificate is the state, and not only the last day.
await page.getByRole("tab", { name: "Configuration" }).click();
assert.match(await page.locator("#certificates li").nth(3).textContent(), /^early.example: not valid before 2027-01-01, /);

// An empty number of the page is refused, and the list stays.
await page.getByRole("tab", { name: "Listeners" }).click();
const requests = [];
page.on("request", (it) => it.url().includes("/listeners?") && requests.push(it.url()));
await page.locator("#page").fill("");
await page.locator("#page").dispatchEvent("change");
await page.locator("#tab-bans").click();
await page.locator("#tab-listeners").click();
await until("the next refresh", () => requests.length > 1);
assert.ok(!requests.some((url) => url.includes("NaN")), requests.join("\n"));
assert.deepEqual(faults, []);
await browser.close();
process.exit(0);
