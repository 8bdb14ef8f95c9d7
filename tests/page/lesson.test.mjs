// What a page says of a batch is what side_by_side printed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isShownAs, open, smallPage } from "./browser.mjs";

const small = smallPage();

test("the tables say what side_by_side printed", async () => {
  const { printed } = small;
  const rowsOf = (table) =>
    table.locator("tbody tr").evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.innerText)));
  await open(small, async (page) => {
    const rows = await rowsOf(page.locator("section", { has: page.locator("#table-heading") }).locator("table"));
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

test("says, name by name, what is the same in both methods", async () => {
  await open(small, async (page) => {
    const section = page.locator("section", { has: page.locator("#names-heading") });
    const rows = await section
      .locator("tbody tr")
      .evaluateAll((lines) => lines.map((line) => [...line.children].map((cell) => cell.innerText)));
    assert.deepEqual(rows, small.document.lesson.names.rows);
    assert.deepEqual(
      rows.find(([name]) => name === "weights"),
      ["weights", "equal", "equal"],
    );
    assert.deepEqual(
      rows.find(([name]) => name === "pads"),
      ["pads", "only in method 2", "absent"],
    );
  });
});

test("row by row, the length can be chosen, and the attention's method", async () => {
  const { rows, batch } = small.document.lesson;
  await open(small, async (page) => {
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
