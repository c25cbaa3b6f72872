// axe-core over a page. Its source is run through the debugger's protocol, which the content
// security policy of the page does not concern.

import assert from "node:assert/strict";
import axe from "axe-core";

/** Fails on any finding, however small. */
export async function check(page, view) {
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
  assert.ok(passes.length > 0, "axe has looked at something");
  const told = violations.map(
    ({ id, impact, help, nodes }) =>
      `${view}: ${impact}: ${id} (${help}): ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`,
  );
  assert.deepEqual(told, []);
}
