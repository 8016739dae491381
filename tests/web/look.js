// Checks all pages in light and dark mode, on phones and desktops: axe-core finds no serious problem, and no
// page is wider than the window. The station page also works without JavaScript.
// Arguments: the URL of the server, the admin password.

import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { checkWidth, open, visit } from "./browser.js";

const [base, password] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SERIOUS = ["serious", "critical"];
const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } };
const withLogin = base.replace("http://", `http://admin:${password}@`);
const PAGES = [`${base}/index.html`, `${base}/index.html?sid=1`, `${withLogin}/admin/`];

const browser = await open();
for (const url of PAGES) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      const { page, faults } = await visit(browser, url, { colorScheme, viewport });
      await page.locator("[data-station] [data-part=song], #stations article").first().waitFor();
      await checkWidth(page);
      // Playwright evaluates the script outside the page's content security policy.
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      const found = violations.filter(({ impact }) => SERIOUS.includes(impact));
      const problems = found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
      assert.deepEqual(problems, [], `${url}, ${colorScheme}, ${size}`);
      assert.deepEqual(faults, [], `${url}, ${colorScheme}, ${size}`);
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
