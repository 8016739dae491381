// Chromium with pages of coldwave, and what no page may do: ask another host, go against its policy, throw.

import { strict as assert } from "node:assert";
import { chromium } from "playwright-core";

// Nothing is asked of anyone but this machine, and music may begin before someone clicks. As in tests/programs/browsers.rs.
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-extensions",
  "--disable-sync",
  "--mute-audio",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
  "--autoplay-policy=no-user-gesture-required",
];

// How long anything may take.
export const PATIENCE_MS = 60000;

export async function open() {
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: QUIET });
}

// A page, and a list of what it did that no page may do.
export async function visit(browser, url, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const faults = [];
  const { host } = new URL(url);
  page.on("request", (request) => {
    const asked = new URL(request.url());
    if (asked.host !== host && asked.protocol !== "data:") faults.push(`asked ${request.url()}`);
  });
  page.on("pageerror", (error) => faults.push(`threw ${error}`));
  page.on("console", (message) => {
    if (message.type() === "error" || /content security policy/i.test(message.text())) faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults };
}

// Looks until `condition` has something.
export async function until(what, condition) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await condition();
    if (found) return found;
    assert.ok(Date.now() < end, `waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

// Whether the page is wider than its window, and by what.
export async function checkWidth(page) {
  const wide = await page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    const sticksOut = (element) => element.getBoundingClientRect().right > room + 1;
    return document.documentElement.scrollWidth > room
      ? [...document.querySelectorAll("body *")].filter(sticksOut).map((element) => element.outerHTML.slice(0, 80))
      : [];
  });
  assert.deepEqual(wide, [], "the page is as wide as the window");
}
