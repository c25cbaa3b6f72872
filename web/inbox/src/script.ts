// For a script tag. The server is where the script came from, and beside it is the rest.

import { define, TidingsInbox } from "./element";
import { cameFrom } from "./home";

const { currentScript } = document;
const source = (currentScript as HTMLScriptElement).src;
cameFrom(source);

/** As a script too: unlike a module it needs no leave of the server to be loaded from elsewhere. */
define(() =>
  new Promise((loaded, failed) => {
    const script = document.createElement("script");
    script.src = source.replace(/tidings-inbox/, "tidings-inbox-panel");
    script.onload = () => loaded(TidingsInbox.rest);
    script.onerror = failed;
    document.head.append(script);
  }));
