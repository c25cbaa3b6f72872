// What a test made is undone in reverse order: a page is closed before its server goes.

const stacks = new WeakMap();

/** `t.after` of node:test runs the first registered first; this runs the last registered first. */
export function onEnd(t, undo) {
  if (!stacks.has(t)) {
    stacks.set(t, []);
    t.after(() => unwind(stacks.get(t)));
  }
  stacks.get(t).push(undo);
}

/** One that fails does not keep the others from being run; its error is the test's. */
async function unwind(stack) {
  const errors = [];
  while (stack.length > 0) {
    try {
      await stack.pop()();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
