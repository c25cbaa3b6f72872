// Which words, and in which language times are told.

export interface Spoken<T> {
  lang: string;
  texts: T;
}

/** The words of a language, with those of the host over them. One that is not known has the host's, or English. */
export function speak<T>(lang: string, en: T, zh: T, own?: Partial<T>): Spoken<T> {
  const isChinese = /^zh\b/i.test(lang);
  const known = own !== undefined || isChinese || /^en\b/i.test(lang);
  return {
    lang: known && isLocale(lang) ? lang : "en",
    texts: { ...(isChinese ? zh : en), ...own },
  };
}

/** `Intl` throws at what it cannot read, and an attribute may say anything. */
function isLocale(lang: string): boolean {
  try {
    return Intl.getCanonicalLocales(lang).length > 0;
  } catch {
    return false;
  }
}

/** `{n}` and `{t}` in a text. */
export const fill = (text: string, what: string | number): string =>
  text.replace(/\{[nt]\}/, () => `${what}`);
