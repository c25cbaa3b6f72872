// axe-core on every view at the width of a desk.

import { DESKTOP } from "./browser.mjs";
import { checkViews } from "./views.mjs";

checkViews("desktop", DESKTOP);
