// Pages can be read by everyone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { axe, lengthsOf, open, smallPage, toPosition } from "./browser.mjs";

const small = smallPage();

for (const colorScheme of ["light", "dark"])
  for (const width of [1280, 390])
    test(`accessible, ${colorScheme}, ${width} wide`, async () => {
      const forward = Math.max(...lengthsOf(small));
      await open(
        small,
        async (page) => {
          await page.evaluate(axe.source);
          const check = async (when) => {
            const { violations } = await page.evaluate(() => axe.run());
            const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).slice(0, 3)}`);
            assert.deepEqual(found, [], when);
          };
          await toPosition(page, forward + 10);
          await page.locator("article").first().locator('.node[aria-label^="weights, "]').press("Enter");
          for (const summary of await page.locator("summary").filter({ visible: true }).all()) await summary.click();
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
