import { beforeEach, describe, expect, test, vi } from "vitest";
import { type FramePacing, makeFramePacing } from "../../src/server/frame-pacing";

describe("the pulse", () => {
  let frames: (() => void)[];
  let asked: number;
  let drawn: number;
  let pulse: FramePacing;

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
    pulse = makeFramePacing(
      () => {
        asked += 1;
      },
      () => {
        drawn += 1;
      },
    );
    pulse.schedule();
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
    pulse.received();
    expect(drawn).toBe(before);
    shown();
    expect([asked, drawn]).toEqual([3, before + 1]);
  });

  test("two that come at once are drawn once; then there are two under way again", () => {
    shown();
    shown();
    const before = drawn;
    pulse.received();
    pulse.received();
    shown();
    expect([asked, drawn]).toEqual([3, before + 1]);
    shown();
    shown();
    expect(asked).toBe(4);
  });

  test("a page that nobody sees asks for nothing", () => {
    pulse.received();
    pulse.received();
    expect(asked).toBe(0);
  });

  test("asks anew for what a lost line did not bring", () => {
    shown();
    shown();
    pulse.forget();
    pulse.schedule();
    shown();
    shown();
    expect(asked).toBe(4);
  });

  test("an answer that nobody asked for does not make it ask for more than two", () => {
    pulse.received();
    pulse.received();
    for (let i = 0; i < 5; i += 1) shown();
    expect(asked).toBe(2);
  });

  test("asks for nothing when it has ended", () => {
    pulse.stop();
    shown();
    pulse.received();
    shown();
    expect(asked).toBe(0);
  });
});
