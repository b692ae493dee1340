import { beforeEach, describe, expect, test, vi } from "vitest";
import { makePulse, type Pulse } from "../src/pulse";

describe("the pulse", () => {
  let frames: (() => void)[];
  let asked: number;
  let drawn: number;
  let pulse: Pulse;

  /** What the browser does each time that the screen shows a picture. */
  function shown(): void {
    const now = frames;
    frames = [];
    for (const frame of now) frame();
  }

  beforeEach(() => {
    frames = [];
    vi.stubGlobal("requestAnimationFrame", (frame: () => void) => frames.push(frame));
    asked = drawn = 0;
    pulse = makePulse(
      () => {
        asked += 1;
      },
      () => {
        drawn += 1;
      },
    );
    pulse.soon();
  });

  test("asks once for each picture of the screen, until two are under way", () => {
    shown();
    expect(asked).toBe(1);
    shown();
    shown();
    shown();
    expect(asked).toBe(2);
    expect(frames).toEqual([]); // and sleeps until one comes
  });

  test("one that comes is drawn with the next picture of the screen, and another asked for", () => {
    shown();
    shown();
    const before = drawn;
    pulse.came();
    expect(drawn).toBe(before);
    shown();
    expect([asked, drawn]).toEqual([3, before + 1]);
  });

  test("two that come at once are drawn once; then there are two under way again", () => {
    shown();
    shown();
    const before = drawn;
    pulse.came();
    pulse.came();
    shown();
    expect([asked, drawn]).toEqual([3, before + 1]);
    shown();
    shown();
    expect(asked).toBe(4);
  });

  test("a page that nobody sees asks for nothing", () => {
    pulse.came();
    pulse.came();
    expect(asked).toBe(0);
  });

  test("asks anew for what a lost line did not bring", () => {
    shown();
    shown();
    pulse.lost();
    pulse.soon();
    shown();
    shown();
    expect(asked).toBe(4);
  });

  test("an answer that nobody asked for does not make it ask for more than two", () => {
    pulse.came();
    pulse.came();
    for (let i = 0; i < 5; i += 1) shown();
    expect(asked).toBe(2);
  });

  test("asks for nothing when it has ended", () => {
    pulse.end();
    shown();
    pulse.came();
    shown();
    expect(asked).toBe(0);
  });
});
