// The rest, for the script: it comes when it is wanted, and says so to the element.

import type { TidingsInbox } from "./element";
import { Rest } from "./rest";

(customElements.get("tidings-inbox") as typeof TidingsInbox).rest = Rest;
