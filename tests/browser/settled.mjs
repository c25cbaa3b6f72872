// Nothing fades in or moves any more: what is seen is what stays.

import { until } from "../support/wait.mjs";

export async function settled(page) {
  await page.evaluate(async () => {
    for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
  });
  await until("all animations are over", () =>
    page.evaluate(() => document.getAnimations().length === 0),
  );
}
