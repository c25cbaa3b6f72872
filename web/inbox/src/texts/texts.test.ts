import { describe, expect, it } from "vitest";
import { en, fill, tongue, zh } from "./index";

describe("the texts", () => {
  it("are the same in both languages, with the same places to fill", () => {
    expect(Object.keys(zh)).toEqual(Object.keys(en));
    const places = (texts: Record<string, string>) =>
      Object.values(texts).map((text) => text.match(/\{\w\}/g)?.join() ?? "");
    expect(places(zh)).toEqual(places(en));
  });

  it("are said in all languages", () => {
    expect(Object.values({ ...en, ...zh }).every((text) => text.trim() !== "")).toBe(true);
  });

  it.each([
    ["en-GB", undefined, "en-GB", en.title],
    ["zh", undefined, "zh", zh.title],
    ["zh-Hant-TW", undefined, "zh-Hant-TW", zh.title],
    ["zhx", undefined, "en", en.title],
    ["fr", undefined, "en", en.title],
    ["fr", { title: "Lettres" }, "fr", "Lettres"],
    ["", undefined, "en", en.title],
    ["en_US!", undefined, "en", en.title],
  ])("of %s", (lang, own, spoken, title) => {
    const { lang: told, texts } = tongue(lang, own);
    expect([told, texts.title]).toEqual([spoken, title]);
  });

  it("take what is filled in as it is", () => {
    expect(fill("{n} unread", "$& {t}")).toBe("$& {t} unread");
  });
});
