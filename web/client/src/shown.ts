// A page that the browser puts aside to come back to, or stops in the background: the two may come together.

const GOES = ["pagehide", "freeze"];
const COMES = ["pageshow", "resume"];

/** Calls when the page goes, and when it is back. Gives what ends that. */
export function whenShown(turned: (away: boolean) => void): () => void {
  const over = new AbortController();
  // Those of the document do not come up to the window.
  const options = { capture: true, signal: over.signal };
  let was = false;
  const hear = (names: string[], away: boolean) =>
    names.forEach((name) =>
      globalThis.addEventListener?.(
        name,
        ({ isTrusted }) => isTrusted && was !== away && turned((was = away)),
        options,
      ),
    );
  hear(GOES, true);
  hear(COMES, false);
  return () => over.abort();
}
