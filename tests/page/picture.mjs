// picture.mjs FILE: the README's picture, a PNG of the page that side_by_side writes, taken in a real browser: both methods
// in the middle of the backward pass, with the scores and their gradient. Environment as for browser.mjs.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const load = createRequire(join(process.env.FROST_PACKAGES, "package.json"));
const { chromium } = load("playwright-core");
const folder = mkdtempSync(join(tmpdir(), "frost-picture-"));
const [input, html] = [join(folder, "text.txt"), join(folder, "page.html")];
let browser;
try {
  writeFileSync(input, "Yes.\nWhy not?\nThe kettle is on.\n");
  execFileSync(process.env.SIDE_BY_SIDE, ["--input", input, "--batch", "3", "--features", "4", "--html", html]);
  browser = await chromium.launch({
    executablePath: process.env.FROST_CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"],
  });
  const viewport = { width: 1000, height: 880 };
  const page = await browser.newPage({ viewport, deviceScaleFactor: 1.5, colorScheme: "light" });
  await page.goto(pathToFileURL(html).href);
  await page.getByRole("button", { name: "To the end" }).click();
  const articles = page.locator("article");
  await articles.nth(1).locator("select").selectOption("1"); // the second sentence, which has pads
  for (const article of await articles.all()) {
    await article.locator('.node[aria-label^="scores, "]').press("Enter");
  }
  await page.mouse.move(0, 0);
  await page.evaluate(() => {
    document.activeElement.blur();
    document.querySelectorAll("html, .scroller").forEach((scrolled) => scrolled.scrollTo(0, 0));
  });
  // From the slider down to the gradients of the scores.
  const top = (await page.locator(".transport").boundingBox()).y - 1;
  const gradient = await articles.nth(0).locator(".inspector .pair").first().boundingBox();
  const bottom = gradient.y + gradient.height + 8;
  const clip = { x: 0, y: top, width: viewport.width, height: bottom - top };
  await page.screenshot({ path: process.argv[2], fullPage: true, clip });
} finally {
  await browser?.close();
  rmSync(folder, { recursive: true });
}
