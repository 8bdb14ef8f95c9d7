// The page of side_by_side in a real browser: what it shows is what the engine said, whatever the input holds.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

const load = createRequire(join(process.env.FROST_PACKAGES, "package.json"));
const { chromium } = load("playwright-core");
const axe = load("axe-core");

const hostile = [
  "<script>window.harmed=1</script>",
  "</script><script>window.harmed=2</script>",
  "<img/src=x/onerror=window.harmed=3>",
  '"><svg/onload=window.harmed=4>',
  "quote\"'`",
  "&lt;b&gt;",
  "\u202Eright-to-left",
  "שלום",
  "👩‍👩‍👧‍👦🏳️‍🌈",
  "a\u0301\u0302\u0303\u0304",
  "{{constructor}}",
  "x".repeat(10_000),
];

const folder = mkdtempSync(join(tmpdir(), "frost-page-"));
let browser;
const runs = {};

// A run of side_by_side: what it printed, the page's file, and the document in it.
function run(name, text, ...options) {
  const input = join(folder, `${name}.txt`);
  const file = join(folder, `${name}.html`);
  writeFileSync(input, text);
  const printed = execFileSync(process.env.SIDE_BY_SIDE, ["--input", input, "--html", file, ...options], {
    encoding: "utf8",
  });
  const html = readFileSync(file, "utf8");
  const json = /<script id="document" type="application\/json">(.*?)<\/script>/s.exec(html)[1];
  return { file, printed, size: html.length, document: JSON.parse(json) };
}

before(async () => {
  runs.small = run(
    "small",
    "Yes.\nWhy not?\nThe kettle is on.\nNobody has fed the cat yet.\n",
    ...["--batch", "4", "--features", "4"],
  );
  runs.hostile = run("hostile", `${hostile.join(" ")}\n${hostile[0]}\nplain words\n`, "--features", "4");
  browser = await chromium.launch({
    executablePath: process.env.FROST_CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"].concat([
      "--disable-sync",
      "--no-first-run",
    ]),
  });
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

// Opens a run's page, calls `look`, and checks that meanwhile nothing went wrong or asked for the network.
async function open({ file }, look, { width = 1280, height = 900, colorScheme = "light" } = {}) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
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

const toPosition = (page, position) => page.locator("#step").fill(String(position));
const positionText = (page) => page.locator(".transport output").innerText();
const lengthsOf = ({ document }) => document.graphs.map(({ trace }) => trace.nodes.filter((node) => !node.leaf).length);

// A number as it is shown, read again.
function read(text) {
  if (text === "NaN") return NaN;
  return Number(text.replace("∞", "Infinity").replaceAll("−", "-"));
}
function isShownAs(value, text) {
  const expected = value === "inf" ? Infinity : value === "-inf" ? -Infinity : value === "nan" ? NaN : value;
  const shown = read(text);
  if (!Number.isFinite(expected)) return Object.is(shown, expected);
  return expected === 0 ? text === "0" : shown !== 0 && Math.abs(shown - expected) <= 6e-3 * Math.abs(expected);
}
async function cellsOf(matrix) {
  return matrix.locator("tbody td").allInnerTexts();
}
function assertShown(values, texts, what) {
  const flat = Array.isArray(values) ? values.flat(Infinity) : [values];
  assert.equal(texts.length, flat.length, what);
  flat.forEach((value, k) => assert.ok(isShownAs(value, texts[k]), `${what}: ${value} is shown as ${texts[k]}`));
}

test("steps forward and back by keys, by the buttons and by the slider", async () => {
  const forward = Math.max(...lengthsOf(runs.small));
  const steps = Math.max(...runs.small.document.graphs.map(({ trace }) => trace.steps.length));
  await open(runs.small, async (page) => {
    await toPosition(page, 0);
    assert.equal(await positionText(page), `Before the first step 0 of ${forward}`);
    await page.locator("h1").click();
    for (let k = 0; k < 3; ++k) await page.keyboard.press("ArrowRight");
    assert.equal(await positionText(page), `Forward 3 of ${forward}`);
    await page.keyboard.press("ArrowLeft");
    assert.equal(await positionText(page), `Forward 2 of ${forward}`);
    await page.getByRole("button", { name: "Next", exact: true }).click();
    await page.getByRole("button", { name: "Back", exact: true }).click();
    await page.getByRole("button", { name: "Back", exact: true }).click();
    assert.equal(await positionText(page), `Forward 1 of ${forward}`);
    await page.locator("#step").press("End");
    assert.equal(await positionText(page), `Backward ${steps} of ${steps}`);
    await page.locator("#step").press("ArrowLeft");
    assert.equal(await positionText(page), `Backward ${steps - 1} of ${steps}`);
    await page.locator("#step").press("Home");
    assert.equal(await positionText(page), `Before the first step 0 of ${forward}`);
    await page.getByRole("button", { name: "To the end" }).click();
    assert.equal(await positionText(page), `Backward ${steps} of ${steps}`);
  });
});

test("at every step, a gradient is there if and only if the engine had worked it out by then", async () => {
  const forward = Math.max(...lengthsOf(runs.small));
  const words = { absent: "absent: nobody works it out", zero: "exactly zero", number: "a number" };
  await open(runs.small, async (page) => {
    for (const [k, { trace }] of runs.small.document.graphs.entries()) {
      const named = [
        "loss",
        "context",
        "weights",
        "muted scores",
        "scores",
        "hidden",
        "tokens",
        "W",
        "b",
        "v",
        "embedding",
      ];
      for (let step = 0; step <= trace.steps.length; step += k === 0 ? 1 : 5) {
        await toPosition(page, forward + step);
        const labels = await page
          .locator("article")
          .nth(k)
          .locator(".node")
          .evaluateAll((nodes) => nodes.map((node) => node.getAttribute("aria-label")));
        for (const name of named) {
          const nodes = trace.nodes.filter((node) => node.outputs[0].name === name);
          if (nodes.length !== 1) continue; // one for each example
          const ran = nodes[0].step < step;
          const state = nodes[0].leaf ? nodes[0].leaf.grad.state : nodes[0].outputs[0].gradient.state;
          const label = labels.find((text) => text.startsWith(`${name}, `));
          const expected = ran ? words[state] : "not there yet";
          assert.ok(label?.endsWith(`gradient ${expected}`), `step ${step}, ${name}: ${label}`);
        }
      }
    }
  });
});

test("shows the numbers that the engine wrote, of values and gradients, in both methods", async () => {
  await open(runs.small, async (page) => {
    await page.getByRole("button", { name: "To the end" }).click();
    for (const [k, { trace }] of runs.small.document.graphs.entries()) {
      const article = page.locator("article").nth(k);
      const examples = k === 0 ? [null] : [0, 1, 2, 3];
      for (const example of examples) {
        if (example !== null) await article.locator("select").selectOption(String(example));
        for (const name of ["muted scores", "weights", "scores", "context", "v", "embedding"]) {
          const nodes = trace.nodes.filter((node) => node.outputs[0].name === name).reverse();
          const node = nodes.length === 1 ? nodes[0] : nodes[example];
          await article.locator(`.node[aria-label^="${name}, "]`).press("Enter");
          const shown = article.locator(".inspector .pair").first();
          assertShown(node.outputs[0].values, await cellsOf(shown.locator(".matrix").nth(0)), `value of ${name}`);
          const gradient = node.leaf ? node.leaf.grad : node.outputs[0].gradient;
          assertShown(gradient.values, await cellsOf(shown.locator(".matrix").nth(1)), `gradient of ${name}`);
        }
      }
    }
  });
});

test("tells frozen pads, whose gradient is absent, from masked ones, whose gradient is zero", async () => {
  await open(runs.small, async (page) => {
    await page.getByRole("button", { name: "To the end" }).click();
    const [masked, frozen] = [page.locator("article").nth(0), page.locator("article").nth(1)];
    assert.equal(await frozen.locator('.node.frozen[aria-label^="pads, "] .state.absent path').count(), 1);
    assert.equal(await masked.locator('.node[aria-label^="pads, "]').count(), 0);
    await masked.locator('.node[aria-label^="scores, "]').press("Enter");
    const pads = masked.locator(".inspector .pair").first().locator(".matrix").nth(1).locator("td.pad");
    assert.deepEqual(new Set(await pads.allInnerTexts()), new Set(["0"]));
    assert.equal(await pads.count(), 4 * 6 - 13);
  });
});

test("shows the numbers of a node that is pointed at, or that has the focus", async () => {
  await open(runs.small, async (page) => {
    await page.locator("article").first().locator('.node[aria-label^="loss, "]').hover();
    assert.match(await page.locator(".popover").innerText(), /^loss/);
    const [popover, panel] = [
      await page.locator(".popover").boundingBox(),
      await page.locator(".graph .frame").first().boundingBox(),
    ];
    assert.ok(
      popover.y > panel.y && popover.y + popover.height < panel.y + panel.height,
      "the numbers are off the panel",
    );
    await page.locator("h1").hover();
    assert.equal(await page.locator(".popover").count(), 0);
    await page.locator("article").first().locator('.node[tabindex="0"]').press("Escape");
    await page.keyboard.press("ArrowDown");
    const focused = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
    assert.ok(focused.startsWith((await page.locator(".popover h4 bdi").innerText()) + ", "), focused);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".popover").count(), 0);
  });
});

test("folds the examples into one, and unfolds them", async () => {
  await open(runs.small, async (page) => {
    const frozen = page.locator("article").nth(1);
    assert.equal(await frozen.locator('.node[aria-label^="weights, "]').count(), 1);
    assert.equal(await frozen.locator(".examples").first().textContent(), "×4");
    await frozen.getByRole("checkbox").uncheck();
    assert.equal(await frozen.locator('.node[aria-label^="weights, "]').count(), 4);
    assert.equal(await frozen.locator(".examples").count(), 0);
  });
});

test("the tables say what side_by_side printed", async () => {
  const { printed } = runs.small;
  const rowsOf = (table) =>
    table.locator("tbody tr").evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.innerText)));
  await open(runs.small, async (page) => {
    const rows = await rowsOf(page.locator(".measured"));
    assert.equal(rows.length, 10);
    for (const cells of rows)
      assert.ok(
        printed.split("\n").some((line) => line.replace(/\s+/g, " ").trim() === cells.join(" ").replace(/\s+/g, " ")),
        cells.join(" "),
      );
    const costs = await rowsOf(page.locator("section", { hasText: "What it costs" }).locator("table"));
    for (const [batch, masked, , frozen] of costs)
      assert.match(printed, new RegExp(`^${batch} +${masked} +${frozen} `, "m"));
    const words = (text) => text.replace(/\s+/g, " ");
    for (const sentence of await page
      .locator("section", { hasText: "What this shows" })
      .locator("h3 + ul li")
      .allInnerTexts())
      assert.ok(words(printed).includes(words(sentence)), sentence);
  });
});

test("row by row, the length can be chosen, and the attention's method", async () => {
  const { rows, batch } = runs.small.document.lesson;
  await open(runs.small, async (page) => {
    for (const length of [1, 3, 6]) {
      await page.locator("#length").fill(String(length));
      for (const [side, method] of [3, 9].entries()) {
        const column = page
          .locator("section", { has: page.locator("#rows-heading") })
          .locator(".two > div")
          .nth(side);
        await column.locator("select").selectOption(String(method));
        const cells = await column
          .locator("tbody tr")
          .evaluateAll((lines) => lines.map((line) => [...line.children].map((cell) => cell.innerText)));
        rows.methods[method].lengths[length - 1].forEach((row, t) => {
          const [token, score, weight, gradient] = cells[t];
          assert.equal(token, t < length ? rows.tokens[t] : "pad");
          assert.ok(row.score === null ? score === "–" : isShownAs(row.score, score), score);
          assert.ok(weight === "<0.1%" ? row.weight < 1e-3 : Math.abs(parseFloat(weight) / 100 - row.weight) < 6e-3);
          if (row.state === "number") assert.ok(isShownAs(row.gradient, gradient), gradient);
          else assert.equal(gradient, { absent: "absent", zero: "exactly zero", none: "no score" }[row.state]);
        });
      }
    }
    const grid = page.locator(".tokens");
    const sharesOf = async () =>
      (await grid.locator("small").allInnerTexts()).map((text) => parseFloat(text) / 100 || 0);
    for (const { name, rows: weights } of batch.weights) {
      await page.getByRole("radio", { name }).check();
      (await sharesOf()).forEach((share, k) => assert.ok(Math.abs(share - weights.flat()[k]) < 6e-3, name));
    }
    assert.equal(await grid.locator("td.pad").count(), 4 * 6 - 13);
  });
});

test("hostile tokens do no harm, and are shown as they are", async () => {
  for (const width of [1280, 390])
    await open(
      runs.hostile,
      async (page) => {
        const tokens = await page.locator(".tokens tr").first().locator("bdi").allTextContents();
        assert.equal(tokens.length, hostile.length);
        tokens.forEach((token, k) => {
          const characters = [...hostile[k]];
          assert.equal(token, characters.length > 40 ? characters.slice(0, 39).join("") + "…" : hostile[k]);
        });
        await page.getByRole("button", { name: "To the end" }).click();
        for (const node of await page.locator("article").first().locator(".node").all()) await node.press("Enter");
        assert.equal(await page.evaluate(() => window.harmed), undefined);
        assert.ok(
          await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
          "the page is too wide",
        );
      },
      { width },
    );
});

for (const colorScheme of ["light", "dark"])
  for (const width of [1280, 390])
    test(`accessible, ${colorScheme}, ${width} wide`, async () => {
      const forward = Math.max(...lengthsOf(runs.small));
      await open(
        runs.small,
        async (page) => {
          await page.evaluate(axe.source);
          const check = async (when) => {
            const { violations } = await page.evaluate(() => axe.run());
            const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).slice(0, 3)}`);
            assert.deepEqual(found, [], when);
          };
          await toPosition(page, forward + 10);
          await page.locator("article").first().locator('.node[aria-label^="weights, "]').press("Enter");
          for (const summary of await page.locator("summary").all()) await summary.click();
          await check("in the midst of the backward pass");
          await page.getByRole("button", { name: "To the end" }).click();
          await page.locator("article").nth(1).locator('.node[aria-label^="pads, "]').press("Enter");
          await check("at the end");
          assert.ok(
            await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
            "the page is too wide",
          );
        },
        { width, colorScheme },
      );
    });

test("shows one graph alone, before a pass or without a graph", async () => {
  const variant = (name, edit) => {
    const document = structuredClone(runs.small.document);
    document.lesson = null;
    edit(document);
    const file = join(folder, `${name}.html`);
    const json = JSON.stringify(document).replaceAll("<", "\\u003c");
    const html = readFileSync(runs.small.file, "utf8").replace(
      /(<script id="document"[^>]*>).*?(?=<\/script>)/s,
      (_, tag) => tag + json,
    );
    writeFileSync(file, html);
    return { file };
  };
  const one = variant("one", (document) => document.graphs.pop());
  await open(one, async (page) => {
    assert.equal(await page.locator("article").count(), 1);
    assert.equal(await page.locator("h2").count(), 1);
  });
  const unrun = variant("unrun", (document) =>
    document.graphs.forEach(({ trace }) => {
      trace.steps = [];
      trace.complete = false;
      trace.nodes.forEach((node) => (node.step = null));
    }),
  );
  await open(unrun, async (page) => {
    const forward = Math.max(...lengthsOf(runs.small));
    assert.equal(await page.locator("#step").getAttribute("max"), String(forward));
    assert.equal(await page.locator(".edge.number").count(), 0);
  });
  const none = variant("none", (document) => {
    document.graphs.pop();
    Object.assign(document.graphs[0].trace, { nodes: [], steps: [] });
  });
  await open(none, async (page) => assert.match(await page.locator(".step").innerText(), /no graph behind it/));
});

test("a large batch opens quickly", async () => {
  const line = (b) => Array.from({ length: 1 + ((7 * b) % 40) }, (_, t) => `word${(3 * b + t) % 200}`).join(" ");
  const large = run("large", Array.from({ length: 64 }, (_, b) => line(b)).join("\n"), "--batch", "64");
  assert.ok(large.size < 6e6, `${large.size} bytes`);
  const start = Date.now();
  await open(large, async (page) => {
    const opened = Date.now() - start;
    console.log(`B = 64: ${(large.size / 1e6).toFixed(1)} MB, open after ${opened} ms`);
    assert.ok(opened < 20_000, `${opened} ms`);
    assert.equal(await page.locator("article").nth(1).locator(".examples").first().textContent(), "×64");
    await page.locator("h1").click();
    await page.keyboard.press("ArrowRight");
    assert.match(await positionText(page), /^Backward 1 of /);
    await page.getByRole("checkbox", { name: /^fold/ }).uncheck();
    const drawn = await page.locator("article").nth(1).locator(".node").count();
    assert.ok(drawn < 100, `${drawn} nodes are drawn`);
    assert.match(await page.locator(".left-out").innerText(), /more are left out/);
    assert.equal(await page.locator("article").nth(1).locator(".node.now").count(), 1);
  });
});
