// Opens pages of coldwave in Chromium and collects faults that no page may have: requests to other hosts,
// violations of the content security policy, exceptions.

import { strict as assert } from "node:assert";
import { chromium } from "playwright-core";

// Chromium connects to no host but this one, and playback may start without a click. The flags are those of
// tests/programs/browsers.rs.
const FLAGS = [
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

// The time limit for each wait.
export const TIMEOUT_MS = 60000;

export async function open() {
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
}

// Opens a page. Returns it with a list of its faults, which grows while the page is open.
export async function visit(browser, url, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  const faults = [];
  const { host } = new URL(url);
  page.on("request", (request) => {
    const requested = new URL(request.url());
    if (requested.host !== host && requested.protocol !== "data:") faults.push(`requested ${request.url()}`);
  });
  page.on("pageerror", (error) => faults.push(`threw ${error}`));
  page.on("console", (message) => {
    if (message.type() === "error" || /content security policy/i.test(message.text())) faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults };
}

// Polls `condition` until it returns a truthy value, and returns that. `what` describes the condition.
export async function until(what, condition) {
  const end = Date.now() + TIMEOUT_MS;
  for (;;) {
    const found = await condition();
    if (found) return found;
    assert.ok(Date.now() < end, `waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

// Fails if the page is wider than its window, and names the elements that exceed it.
export async function checkWidth(page) {
  const wide = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const sticksOut = (element) => element.getBoundingClientRect().right > width + 1;
    return document.documentElement.scrollWidth > width
      ? [...document.querySelectorAll("body *")].filter(sticksOut).map((element) => element.outerHTML.slice(0, 80))
      : [];
  });
  assert.deepEqual(wide, [], "no element exceeds the width of the window");
}
