// What a page shows are the numbers that the engine wrote.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertShown, cellsOf, lessonPage, open, sentences, smallPage } from "./browser.mjs";

const small = smallPage();

test("shows the numbers that the engine wrote, of values and gradients, in both methods", async () => {
  await open(small, async (page) => {
    await page.getByRole("button", { name: "To the end" }).click();
    for (const [k, { trace }] of small.document.graphs.entries()) {
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

test("hatches padding, and no features, though they be as many", async () => {
  const square = lessonPage("square", sentences, ...["--batch", "4", "--features", "6"]);
  await open(square, async (page) => {
    await page.getByRole("button", { name: "To the end" }).click();
    const padsOf = async (article, name) => {
      await article.locator(`.node[aria-label^="${name}, "]`).first().press("Enter");
      return article.locator(".inspector .pair").first().locator(".matrix").first().locator("td.pad").count();
    };
    const [masked, frozen] = [page.locator("article").nth(0), page.locator("article").nth(1)];
    assert.equal(await padsOf(masked, "weights"), 4 * 6 - 13);
    assert.equal(await padsOf(masked, "hidden"), 6 * (4 * 6 - 13));
    assert.equal(await padsOf(masked, "context"), 0);
    for (const [example, length] of [1, 2, 4, 6].entries()) {
      await frozen.locator("select").selectOption(String(example));
      assert.equal(await padsOf(frozen, "hidden"), 0);
      assert.equal(await padsOf(frozen, "muted scores"), 6 - length);
      assert.equal(await padsOf(frozen, "weights"), 6 - length);
      assert.equal(await padsOf(frozen, "mm, size 6"), 0); // the weighted sum of its tokens
    }
  });
});

test("tells frozen pads, whose gradient is absent, from masked ones, whose gradient is zero", async () => {
  await open(small, async (page) => {
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
  await open(small, async (page) => {
    await page.locator("article").first().locator('.node[aria-label^="loss, "]').hover();
    assert.match(await page.locator(".popover").innerText(), /^loss/);
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

test("shows a column of each position where there is room, and says how many are left out where not", async () => {
  for (const [width, columns, rest] of [
    [1280, 6, null],
    [390, 3, "and 3 more columns"],
  ])
    await open(
      small,
      async (page) => {
        await page.getByRole("button", { name: "To the end" }).click();
        const masked = page.locator("article").first();
        await masked.locator('.node[aria-label^="muted scores, "]').hover();
        const matrices = await masked.locator(".popover .matrix").all();
        assert.equal(matrices.length, 2);
        for (const matrix of matrices) {
          assert.equal(await matrix.locator("tbody td").count(), 4 * columns);
          assert.equal(rest, rest && (await matrix.locator(".none").innerText()));
        }
        for (const node of await page.locator(".node").all()) {
          await node.hover();
          const clipped = await page
            .locator(".popover, .popover .matrix")
            .evaluateAll((boxes) => boxes.filter((box) => box.scrollWidth > box.clientWidth).length);
          assert.equal(clipped, 0, await node.getAttribute("aria-label"));
        }
      },
      { width },
    );
});

test("hides neither the node that is pointed at nor its neighbours", async () => {
  const overlapping = (a, b) =>
    Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) > 0.5 &&
    Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) > 0.5;
  await open(small, async (page) => {
    await page.getByRole("button", { name: "To the end" }).click();
    for (const [k, names] of [
      ["embedding", "tokens"],
      ["scores", "hidden", "muted scores", "v"],
      ["muted scores", "scores", "weights"],
      ["weights", "muted scores", "context"],
      ["loss"],
    ].flatMap((names) => [0, 1].map((k) => [k, names]))) {
      const article = page.locator("article").nth(k);
      const nodes = names.map((name) => article.locator(`.node[aria-label^="${name}, "]`));
      await nodes[0].hover();
      const popover = await page.locator(".popover").boundingBox();
      const controls = await page.locator(".transport").boundingBox();
      assert.ok(
        popover.y >= controls.y + controls.height && popover.y + popover.height <= 900,
        `${names[0]} is cut off`,
      );
      assert.ok(popover.x >= 0 && popover.x + popover.width <= 1280, `${names[0]} is cut off`);
      for (const [i, node] of nodes.entries())
        assert.ok(!overlapping(popover, await node.boundingBox()), `the numbers of ${names[0]} hide ${names[i]}`);
    }
  });
});

test("a finger chooses a node, and has nothing laid over the graph", async () => {
  await open(
    small,
    async (page) => {
      await page.getByRole("button", { name: "To the end" }).tap();
      const masked = page.locator("article").first();
      await page.evaluate(() => {
        window.popovers = 0;
        new MutationObserver(() => (window.popovers += document.querySelectorAll(".popover").length)).observe(
          document.body,
          { childList: true, subtree: true },
        );
      });
      await masked.locator('.node[aria-label^="weights, "]').tap();
      assert.match(await masked.locator(".inspector h4").innerText(), /^weights/);
      assert.equal(await page.evaluate(() => window.popovers), 0);
    },
    { width: 390, height: 844, hasTouch: true },
  );
});
