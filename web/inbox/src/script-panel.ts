// The rest, for the script: it comes when it is wanted, and says so to the element of the same build.

import { Rest } from "./rest";
import { element } from "./from-script";

declare const BUILD: string;

if (element.build === BUILD) element.rest = Rest;
