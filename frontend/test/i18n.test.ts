import { expect, test } from "vitest";
import { TEXTS } from "../src/i18n";

test("no text is empty, in either language", () => {
  expect(Object.keys(TEXTS.es)).toEqual(Object.keys(TEXTS.en));
  for (const texts of Object.values(TEXTS)) {
    for (const text of Object.values(texts)) expect(text.trim()).not.toBe("");
  }
});
