// A link comes from whoever may publish. The server checks its scheme; this checks again, because an
// href is the one place where text of others could become code.

/** The text as a safe href, or null: http, https, or a path on this site. */
export function safeHref(link: string | undefined): string | null {
  // URL parsers drop tabs and newlines and read "\" as "/", which would make "/\t/host" another site.
  if (link === undefined || /[\u0000-\u0020\u007f\\]/.test(link)) return null;
  if (link.startsWith("/")) return link.startsWith("//") ? null : link;
  return /^https?:\/\//i.test(link) && URL.canParse(link) ? link : null;
}

/** Pages of other sites open beside the inbox, not instead of it. */
export const leavesSite = (href: string): boolean => !href.startsWith("/");

/** What the host names, from where the page is. Null: it names nothing, or what is no link. */
export const pageHref = (href: string | null): string | null =>
  href !== null && URL.canParse(href, document.baseURI)
    ? safeHref(new URL(href, document.baseURI).href)
    : null;
