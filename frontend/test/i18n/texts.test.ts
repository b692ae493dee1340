import { expect, test } from "vitest";
import { TEXTS } from "../../src/i18n";

/** Every text with the path of its key. */
function leaves(texts: object, path = ""): [string, unknown][] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === "object" ? leaves(value, `${path}${key}.`) : [[path + key, value]],
  );
}

test("no text is empty, in either language", () => {
  const [en, es] = [leaves(TEXTS.en), leaves(TEXTS.es)];
  expect(es.map(([key]) => key)).toEqual(en.map(([key]) => key));
  for (const [, text] of [...en, ...es]) expect(String(text).trim()).not.toBe("");
});

test("both languages fill in the same places", () => {
  const places = (text: unknown) => String(text).match(/{\w+}/g)?.sort() ?? [];
  const es = new Map(leaves(TEXTS.es));
  for (const [key, text] of leaves(TEXTS.en))
    expect(places(es.get(key)), key).toEqual(places(text));
});
