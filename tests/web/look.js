// Checks all pages in light and dark mode, on phones and desktops: axe-core finds nothing, and no page
// is wider than the window. The station page also works without JavaScript.
// Arguments: the URL of the server, the admin password.

import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { checkWidth, open, visit } from "./browser.js";

const [base, password] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SIZES = { phone: { width: 375, height: 667 }, desktop: { width: 1280, height: 800 } };
const withLogin = base.replace("http://", `http://admin:${password}@`);
const PUBLIC = ["/index.html", "/index.html?sid=1", "/index.html?sid=3", "/embed?sid=1", "/nothing"].map((it) => base + it);
const PAGES = [...PUBLIC, `${withLogin}/admin/`];
// The page itself is the answer of status 404.
const isExpected = (url, fault) => url.endsWith("/nothing") && /status of 404/.test(fault);

const browser = await open();
for (const url of PAGES) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      const { page, faults } = await visit(browser, url, { colorScheme, viewport });
      await page.locator("[data-station] [data-part=song], #stations .card, #stations article, .missing").first().waitFor();
      await checkWidth(page);
      // Playwright evaluates the script outside the page's content security policy.
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      const problems = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
      assert.deepEqual(problems, [], `${url}, ${colorScheme}, ${size}`);
      assert.deepEqual(faults.filter((it) => !isExpected(url, it)), [], `${url}, ${colorScheme}, ${size}`);
      await page.context().close();
    }
  }
}

// The station page without JavaScript.
const { page } = await visit(browser, `${base}/index.html?sid=1`, { javaScriptEnabled: false, viewport: SIZES.phone });
assert.ok((await page.locator("[data-part=song]").textContent()).length > 0);
assert.ok(await page.locator("audio[controls][src='/live']").isVisible());
assert.ok(!(await page.locator("button").first().isVisible()), "the buttons, which need JavaScript, are hidden");
await browser.close();
