// The rest, for the script: it comes when it is wanted, and says so to the element of the same build.

import type { TidingsInbox } from "./element";
import { Rest } from "./rest";

declare const BUILD: string;

const element = customElements.get("tidings-inbox") as typeof TidingsInbox;
if (element.build === BUILD) element.rest = Rest;
