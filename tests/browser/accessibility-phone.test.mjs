// axe-core on every view at the width of a phone.

import { PHONE } from "./browser.mjs";
import { checkViews } from "./views.mjs";

checkViews("phone", PHONE);
