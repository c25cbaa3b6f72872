// All words of the element, by language.

import { en, type Texts } from "./en";
import { speak, type Spoken } from "./tongue";
import { zh } from "./zh";

export { en, type Texts } from "./en";
export { fill } from "./tongue";
export { zh } from "./zh";

export type Tongue = Spoken<Texts>;

export const tongue = (lang: string, own?: Partial<Texts>): Tongue => speak(lang, en, zh, own);
