// For a script tag. The server is where the script came from, and beside it is the rest.

import { define, TidingsInbox } from "./element";
import { cameFrom } from "./home";
import type { Rest } from "./rest";
import { shared } from "./shared";

declare const BUILD: string;

const { currentScript } = document;
const source = (currentScript as HTMLScriptElement).src;
cameFrom(source);

TidingsInbox.build = BUILD;
TidingsInbox.shared = shared;

/** A page that waits longer is told that it did not come. */
const PATIENCE_MS = 10_000;

/** As a script too: unlike a module it needs no leave of the server to be loaded from elsewhere. */
define(() => {
  const script = document.createElement("script");
  return new Promise<typeof Rest>((loaded, failed) => {
    // One of another build, as after an update of the server, says nothing.
    script.onload = () => (TidingsInbox.rest ? loaded(TidingsInbox.rest) : failed());
    script.onerror = failed;
    setTimeout(failed, PATIENCE_MS);
    script.src = new URL("tidings-inbox-panel.js", source).href;
    document.head.append(script);
  }).finally(() => script.remove());
});
