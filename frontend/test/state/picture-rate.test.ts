import { expect, test } from "vitest";
import { makePictureRate } from "../../src/state/picture-rate";

/** The words of twenty seconds at a rate of pictures. */
function told(rate: number, more: { pages?: number; playing?: boolean; steps?: number } = {}) {
  const { pages = 64, playing = true, steps = 50 } = more;
  let time = 1;
  const pictures = makePictureRate(() => time);
  const found: number[] = [];
  for (let i = 0; i < 20 * rate; i += 1) {
    time += 1000 / rate;
    const few = pictures.count({ playing, pages, steps_per_second: steps }, 50);
    if (few !== null) found.push(few);
  }
  return found;
}

test("few pictures are told once, on a page among others and on one alone", () => {
  for (const pages of [64, 1]) {
    expect(told(3, { pages })).toHaveLength(1);
    expect(told(3, { pages })[0]).toBeCloseTo(3, 0);
  }
});

test("so are those of a training that others slow down, but not those of a slow one", () => {
  expect(told(3, { steps: 3 })).toHaveLength(1);
  expect(told(3, { pages: 1, steps: 3 })).toEqual([]);
  const slow = makePictureRate();
  for (let i = 0; i < 100; i += 1)
    expect(slow.count({ playing: true, pages: 64, steps_per_second: 1 }, 1)).toBe(null);
});

test("enough pictures, and a pause, are not told", () => {
  expect(told(6)).toEqual([]);
  expect(told(3, { playing: false })).toEqual([]);
});

test("a page that was hidden is not told", () => {
  let time = 1;
  const pictures = makePictureRate(() => time);
  for (let i = 0; i < 400; i += 1) {
    time += i % 100 === 99 ? 60_000 : 30;
    expect(pictures.count({ playing: true, pages: 64, steps_per_second: 50 }, 50)).toBe(null);
  }
});

test("a page that gets few pictures is strained", () => {
  let time = 1;
  const pictures = makePictureRate(() => time);
  const after = (milliseconds: number) => {
    for (let i = 0; i < 50; i += 1) {
      time += milliseconds;
      pictures.count({ playing: true, steps_per_second: 50 }, null);
    }
    return pictures.isStrained();
  };
  expect([after(17), after(100), after(17)]).toEqual([false, true, false]);
});
