// A large batch.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lessonPage, open, positionText } from "./browser.mjs";

test("a large batch opens quickly", async () => {
  const line = (b) => Array.from({ length: 1 + ((7 * b) % 40) }, (_, t) => `word${(3 * b + t) % 200}`).join(" ");
  const large = lessonPage("large", Array.from({ length: 64 }, (_, b) => line(b)).join("\n"), "--batch", "64");
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
