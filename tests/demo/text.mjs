// Text of others, made to fit: what the server refuses is taken out before it is sent.

const MAX_TITLE_CHARS = 200;
const MAX_BODY_BYTES = 8 * 1024;
const MAX_LINK_BYTES = 2048;
const ELLIPSIS = "…";

/** Control characters, line and paragraph separators, and what turns the direction of text. */
const NOT_IN_A_LINE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;
const NOT_IN_A_BODY = /(?![\n\r\t])\p{Cc}/gu;

/** One line of at most so many characters, as a reader counts them. */
export function line(text, max = MAX_TITLE_CHARS) {
  const one = text.toWellFormed().replace(NOT_IN_A_LINE, " ").replace(/\s+/gu, " ").trim();
  const chars = [...one];
  return chars.length <= max
    ? one
    : chars
        .slice(0, max - 1)
        .join("")
        .trimEnd() + ELLIPSIS;
}

/** Text of at most 8 KiB, cut between two characters. Undefined where there is nothing to read. */
export function body(text) {
  const clean = (text ?? "").toWellFormed().replace(NOT_IN_A_BODY, "");
  if (clean.trim() === "") return undefined;
  if (Buffer.byteLength(clean) <= MAX_BODY_BYTES) return clean;
  return cut(clean, MAX_BODY_BYTES - Buffer.byteLength(ELLIPSIS)) + ELLIPSIS;
}

function cut(text, maxBytes) {
  const bytes = Buffer.from(text);
  let end = maxBytes;
  while ((bytes[end] & 0b1100_0000) === 0b1000_0000) end -= 1; // inside a character: back to its start
  return bytes.toString("utf8", 0, end);
}

/** The first of these that may stand behind a click: http or https, without a user name in it. */
export function firstLink(...candidates) {
  return candidates.find((link) => {
    if (typeof link !== "string" || /[\s\\\p{Cc}]/u.test(link)) return false;
    if (!/^https?:\/\//i.test(link) || Buffer.byteLength(link) > MAX_LINK_BYTES) return false;
    if (!URL.canParse(link)) return false;
    const url = new URL(link);
    return url.username === "" && url.password === "";
  });
}
