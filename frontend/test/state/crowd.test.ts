import { expect, test } from "vitest";
import { makeCrowdWatch } from "../../src/state/crowd";

/** Reports a rate of frames for ten seconds. */
function told(rate: number, pages: number, playing = true): number[] {
  let time = 0;
  const watch = makeCrowdWatch(() => time);
  const found: number[] = [];
  for (let i = 0; i < 10 * rate; i += 1) {
    time += 1 / rate;
    const slow = watch({ playing, pages });
    if (slow !== null) found.push(slow);
  }
  return found;
}

test("few pictures are told once, where pages share the server", () => {
  expect(told(3, 64)).toHaveLength(1);
  expect(told(3, 64)[0]).toBeCloseTo(3, 1);
});

test("a page that was hidden is not told", () => {
  let time = 0;
  const watch = makeCrowdWatch(() => time);
  for (let i = 0; i < 400; i += 1) {
    time += i % 100 === 99 ? 60 : 1 / 30;
    expect(watch({ playing: true, pages: 64 })).toBe(null);
  }
});

test("enough pictures, a page alone and a pause are not told", () => {
  expect(told(6, 64)).toEqual([]);
  expect(told(3, 1)).toEqual([]);
  expect(told(3, 64, false)).toEqual([]);
});
