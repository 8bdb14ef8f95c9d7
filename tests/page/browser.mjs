// Pages in a real browser, for the tests beside this file: what is written, opened, and read from the screen.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { pathToFileURL } from "node:url";

const load = createRequire(join(process.env.FROST_PACKAGES, "package.json"));
const { chromium } = load("playwright-core");
export const axe = load("axe-core");

const folder = mkdtempSync(join(tmpdir(), "frost-page-"));
let browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.FROST_CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

// ---- pages ----

const documentTag = /(<script id="document"[^>]*>)(.*?)(?=<\/script>)/s;

function written(file) {
  const html = readFileSync(file, "utf8");
  return { file, size: html.length, document: JSON.parse(documentTag.exec(html)[2]) };
}

// A page of side_by_side: its file, the document in it, and what was printed.
export function lessonPage(name, text, ...options) {
  const input = join(folder, `${name}.txt`);
  const file = join(folder, `${name}.html`);
  writeFileSync(input, text);
  const printed = execFileSync(process.env.SIDE_BY_SIDE, ["--input", input, "--html", file, ...options], {
    encoding: "utf8",
  });
  return { ...written(file), printed };
}
export const sentences = "Yes.\nWhy not?\nThe kettle is on.\nNobody has fed the cat yet.\n";
export const smallPage = () => lessonPage("small", sentences, ...["--batch", "4", "--features", "4"]);

// A page of a program that no lesson is about: see pages.cpp.
export function tracePage(name) {
  execFileSync(process.env.PAGES, [folder]);
  return written(join(folder, `${name}.html`));
}

// The same page with another document.
export function variantOf(page, name, edit) {
  const document = structuredClone(page.document);
  edit(document);
  const file = join(folder, `${name}.html`);
  const json = JSON.stringify(document).replaceAll("<", "\\u003c");
  writeFileSync(
    file,
    readFileSync(page.file, "utf8").replace(documentTag, (_, tag) => tag + json),
  );
  return { file, document };
}

// Opens a page, calls `look`, and checks that meanwhile nothing went wrong or asked for the network.
export async function open(
  { file },
  look,
  { width = 1280, height = 900, colorScheme = "light", hasTouch = false } = {},
) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, hasTouch });
  page.setDefaultTimeout(10_000);
  const wrong = [];
  const requests = [];
  page.on("console", (message) => wrong.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("dialog", (dialog) => wrong.push(`dialog: ${dialog.message()}`) && dialog.dismiss());
  page.on("request", (request) => request.url().startsWith("data:") || requests.push(request.url()));
  const url = pathToFileURL(file).href;
  await page.goto(url);
  await page.locator(".step").first().waitFor();
  await look(page);
  assert.deepEqual(wrong, []);
  assert.deepEqual(requests, [url]);
  await page.close();
}

// ---- what stands on it ----

export const toPosition = (page, position) => page.locator("#step").fill(String(position));
export const positionText = (page) => page.locator(".transport output").innerText();
export const lengthsOf = ({ document }) =>
  document.graphs.map(({ trace }) => trace.nodes.filter((node) => !node.leaf).length);

// A number as it is shown, read again.
function read(text) {
  if (text === "NaN") return NaN;
  return Number(text.replace("∞", "Infinity").replaceAll("−", "-"));
}
export function isShownAs(value, text) {
  const expected = value === "inf" ? Infinity : value === "-inf" ? -Infinity : value === "nan" ? NaN : value;
  const shown = read(text);
  if (!Number.isFinite(expected)) return Object.is(shown, expected);
  return expected === 0 ? text === "0" : shown !== 0 && Math.abs(shown - expected) <= 6e-3 * Math.abs(expected);
}
export async function cellsOf(matrix) {
  return matrix.locator("tbody td").allInnerTexts();
}
export function assertShown(values, texts, what) {
  const flat = Array.isArray(values) ? values.flat(Infinity) : [values];
  assert.equal(texts.length, flat.length, what);
  flat.forEach((value, k) => assert.ok(isShownAs(value, texts[k]), `${what}: ${value} is shown as ${texts[k]}`));
}
