import { describe, expect, it } from "vitest";
import { leavesSite, safeHref } from "./link";

describe("a safe link", () => {
  it.each([
    "/",
    "/builds/4711?x=1#log",
    "https://example.org",
    "http://10.0.0.1:8080/a",
    "HTTPS://EXAMPLE.ORG/",
  ])("is %s", (link) => expect(safeHref(link)).toBe(link));

  it.each([
    undefined,
    "",
    "builds/4711",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "mailto:a@example.org",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https://",
    "https://a b",
  ])("is not %j", (link) => expect(safeHref(link)).toBeNull());

  it("leaves the site unless it is a path", () => {
    expect(leavesSite("/builds")).toBe(false);
    expect(leavesSite("https://example.org")).toBe(true);
  });
});
