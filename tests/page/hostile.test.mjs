// Whatever the input holds, a page shows it and does not run it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lessonPage, open } from "./browser.mjs";

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

const hostilePage = lessonPage("hostile", `${hostile.join(" ")}\n${hostile[0]}\nplain words\n`, "--features", "4");

test("hostile tokens do no harm, and are shown as they are", async () => {
  for (const width of [1280, 390])
    await open(
      hostilePage,
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
