import { expect, test } from "vitest";
import { TEXTS } from "../src/i18n";

interface Tree {
  readonly [key: string]: string | Tree;
}

const keys = (tree: Tree): string[] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string" ? [key] : keys(value).map((inner) => `${key}.${inner}`),
  );
const texts = (tree: Tree): string[] =>
  Object.values(tree).flatMap((value) => (typeof value === "string" ? [value] : texts(value)));

test("no text is empty, in either language", () => {
  expect(keys(TEXTS.es)).toEqual(keys(TEXTS.en));
  for (const tree of Object.values(TEXTS))
    for (const text of texts(tree)) expect(text.trim()).not.toBe("");
});
