// Stepping through a page, and what is drawn.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lengthsOf, open, positionText, smallPage, toPosition, variantOf } from "./browser.mjs";

const small = smallPage();

test("steps forward and back by keys, by the buttons and by the slider", async () => {
  const forward = Math.max(...lengthsOf(small));
  const steps = Math.max(...small.document.graphs.map(({ trace }) => trace.steps.length));
  await open(small, async (page) => {
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

test("says of which tensor a step changes the shape", async () => {
  const order = small.document.graphs[0].trace.nodes.filter((node) => !node.leaf).reverse();
  const turn = order.findIndex(({ grad_fn }) => grad_fn.startsWith("TBackward"));
  await open(small, async (page) => {
    await toPosition(page, turn + 1);
    const { sizes } = order[turn].outputs[0];
    const text = await page.locator("article").first().locator(".step").innerText();
    assert.ok(text.endsWith(`t gives “W” another shape, ${sizes.join(" × ")}.`), text);
  });
});

test("at every step, a gradient is there if and only if the engine had worked it out by then", async () => {
  const forward = Math.max(...lengthsOf(small));
  const words = { absent: "absent: nobody works it out", zero: "exactly zero", number: "a number" };
  await open(small, async (page) => {
    for (const [k, { trace }] of small.document.graphs.entries()) {
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

test("opens on what just ran, in sight, and from there goes to the backward pass", async () => {
  const steps = Math.max(...small.document.graphs.map(({ trace }) => trace.steps.length));
  for (const height of [720, 900])
    await open(
      small,
      async (page) => {
        for (const article of await page.locator("article").all()) {
          const now = await article.locator(".node.now").boundingBox();
          assert.ok(now.y + now.height < height, `at ${now.y} of ${height}`);
          const { y } = await article.locator(".scroller").boundingBox();
          assert.ok(height - y > height / 2, `the graph begins at ${y} of ${height}`);
        }
        const button = page.getByRole("button", { name: "to backward" });
        await button.click();
        assert.equal(await positionText(page), `Backward 1 of ${steps}`);
        await page.getByRole("button", { name: "To the end" }).click();
        await button.click();
        assert.equal(await positionText(page), `Backward 1 of ${steps}`);
      },
      { height },
    );
});

test("on a phone, the graph begins in the upper half, and the signs are explained where one asks", async () => {
  await open(
    small,
    async (page) => {
      const { y } = await page.locator(".scroller").first().boundingBox();
      assert.ok(y < 844 / 2, `the graph begins at ${y}`);
      const sign = page.getByText("gradient absent", { exact: true });
      assert.equal(await sign.isVisible(), false);
      await page.getByText("what the signs mean").click();
      assert.equal(await sign.isVisible(), true);
      await page.setViewportSize({ width: 1280, height: 900 });
      assert.equal(await page.getByText("what the signs mean").isVisible(), false);
      assert.equal(await sign.isVisible(), true);
    },
    { width: 390, height: 844 },
  );
});

test("shows the example that runs, and else the first one of several tokens and padding", async () => {
  const [, { trace }] = small.document.graphs;
  const forward = Math.max(...lengthsOf(small));
  await open(small, async (page) => {
    const frozen = page.locator("article").nth(1);
    const shown = async () => (await frozen.locator("option").first().innerText()).trim();
    const pads = frozen.locator('.node[aria-label^="pads, "]');
    assert.equal(await shown(), "as they run: 2");
    assert.match(await pads.getAttribute("aria-label"), /^pads, frozen, size 4, /);
    // The sequences that have one token, and no padding, are shown while they run.
    const softmax = trace.nodes.filter(({ grad_fn }) => grad_fn === "SoftmaxBackward0");
    for (const [e, { step }] of [...softmax].reverse().entries()) {
      await toPosition(page, forward + step + 1);
      assert.equal(await shown(), `as they run: ${e + 1}`);
      assert.match(await pads.getAttribute("aria-label"), new RegExp(`frozen, size ${[5, 4, 2, 0][e]}, `));
    }
    await page.getByRole("button", { name: "To the end" }).click();
    assert.equal(await shown(), "as they run: 2");
  });
});

test("folds the examples into one, and unfolds them", async () => {
  await open(small, async (page) => {
    const frozen = page.locator("article").nth(1);
    assert.equal(await frozen.locator('.node[aria-label^="weights, "]').count(), 1);
    assert.equal(await frozen.locator(".examples").first().textContent(), "×4");
    await frozen.getByRole("checkbox").uncheck();
    assert.equal(await frozen.locator('.node[aria-label^="weights, "]').count(), 4);
    assert.equal(await frozen.locator(".examples").count(), 0);
  });
});

test("shows one graph alone, before a pass or without a graph", async () => {
  const variant = (name, edit) =>
    variantOf(small, name, (document) => {
      document.lesson = null;
      edit(document);
    });
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
    const forward = Math.max(...lengthsOf(small));
    assert.equal(await page.locator("#step").getAttribute("max"), String(forward));
    assert.equal(await page.locator(".edge.number").count(), 0);
  });
  const none = variant("none", (document) => {
    document.graphs.pop();
    Object.assign(document.graphs[0].trace, { nodes: [], steps: [] });
  });
  await open(none, async (page) => assert.match(await page.locator(".step").innerText(), /no graph behind it/));
});
