// Ops with several outputs, on a page of a program that no lesson is about.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertShown, axe, cellsOf, open, toPosition, tracePage } from "./browser.mjs";

const parts = tracePage("parts");
const { trace } = parts.document.graphs[0];
const nodeOf = (gradFn) => trace.nodes.findIndex((node) => node.grad_fn === gradFn);
const split = trace.nodes[nodeOf("SplitWithSizesBackward0")];
const unbind = trace.nodes[nodeOf("UnbindBackward0")];
const forward = trace.nodes.filter((node) => !node.leaf).length;
const stateText = { absent: "absent: nobody works it out", zero: "exactly zero", number: "a number" };

test("parts of different sizes can be stepped through, forward and back", async () => {
  await open(parts, async (page) => {
    const last = forward + trace.steps.length;
    for (let position = last; position >= 0; --position) {
      await toPosition(page, position);
      await page.locator("#step").press("Home");
      await toPosition(page, position);
      assert.equal(await page.locator("#step").inputValue(), String(position));
    }
    await toPosition(page, forward + split.step + 1);
    assert.match(
      await page.locator(".step").innerText(),
      /the gradients of its 3 outputs are complete \(none came to “output 2”\); split with sizes sends numbers to “x”/,
    );
  });
});

test("every output has its value and its gradient, drawn and in numbers", async () => {
  assert.deepEqual(
    split.outputs.map(({ gradient }) => gradient.state),
    ["number", "zero", "absent"],
  );
  await open(parts, async (page) => {
    await page.getByRole("button", { name: "To the end" }).click();
    for (const [name, node] of [
      ["split with sizes", split],
      ["unbind", unbind],
    ]) {
      const drawn = page.locator(`.node[aria-label^="${name.slice(0, 10)}"]`);
      const label = await drawn.getAttribute("aria-label");
      node.outputs.forEach(({ name: own, gradient }, k) =>
        assert.ok(label.includes(`${own || `output ${k}`}: gradient ${stateText[gradient.state]}`), label),
      );
      const lines = Math.min(4, node.outputs.length);
      assert.equal(await drawn.locator(".output").count(), lines + (node.outputs.length > 4 ? 1 : 0));
      const statesOf = (state) =>
        node.outputs.slice(0, lines).filter(({ gradient }) => gradient.state === state).length;
      assert.equal(await drawn.locator("image").count(), lines + statesOf("number"));
      assert.equal(await drawn.locator(".state.absent").count(), statesOf("absent"));
      assert.equal(await drawn.locator(".state.zero").count(), statesOf("zero"));

      await drawn.press("Enter");
      const shown = page.locator(".inspector > .numbers > details");
      assert.equal(await shown.count(), node.outputs.length);
      for (const [k, output] of node.outputs.entries()) {
        if (k >= 4) await shown.nth(k).locator("summary").click();
        const [value, gradient] = await shown.nth(k).locator("section").all();
        assertShown(output.values, await cellsOf(value.locator(".matrix")), `value ${k} of ${name}`);
        if (output.gradient.values !== null)
          assertShown(output.gradient.values, await cellsOf(gradient.locator(".matrix")), `gradient ${k} of ${name}`);
        else assert.equal(await gradient.locator(".badge.absent").count(), 1);
      }
    }
    const { violations } = await page.evaluate(axe.source).then(() => page.evaluate(() => axe.run()));
    assert.deepEqual(violations, []);
  });
});

test("edges that leave one op for the same other stand apart, and say which output they are of", async () => {
  await open(parts, async (page) => {
    await page.getByRole("button", { name: "To the end" }).click();
    const numbers = page.locator(".edge .which");
    assert.deepEqual((await numbers.allTextContents()).sort(), ["0", "0", "1", "3", "5"]);
    const boxes = await Promise.all((await page.locator(".edge .behind").all()).map((strip) => strip.boundingBox()));
    boxes.forEach((a, i) =>
      boxes
        .slice(i + 1)
        .forEach((b) => assert.ok(Math.abs(a.x - b.x) > 5 || Math.abs(a.y - b.y) > 5, "strips overlap")),
    );
  });
});

test("says nothing of a lesson's batch, tokens, padding or examples", async () => {
  await open(parts, async (page) => {
    for (const position of [0, 3, forward, forward + 5, forward + trace.steps.length]) {
      await toPosition(page, position);
      for (const node of await page.locator(".node").all()) {
        await node.press("Enter");
        const words = await page.locator("body").innerText();
        assert.doesNotMatch(words, /\b(pads?|padding|tokens?|examples?|sequences?|batch|loss|scores?)\b/i);
      }
    }
    await page.locator("summary", { hasText: "The nodes as a list" }).click();
    await page.locator(".scrolled tbody tr").first().waitFor();
    const rows = await page.locator(".scrolled tbody tr").count();
    assert.equal(
      rows,
      trace.nodes.reduce((sum, node) => sum + node.outputs.length, 0),
    );
    assert.doesNotMatch(await page.locator(".scrolled").innerText(), /\b(pads?|tokens?|examples?|sequences?)\b/i);
  });
});
