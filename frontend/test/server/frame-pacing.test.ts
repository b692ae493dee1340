import { beforeEach, describe, expect, test, vi } from "vitest";
import { type FramePacing, makeFramePacing } from "../../src/server/frame-pacing";

describe("frame pacing", () => {
  let frames: (() => void)[];
  let asked: number;
  let drawn: number;
  let pulse: FramePacing;

  /** The browser's work each time that the screen shows a picture. */
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

  test("requests one frame for each animation frame, with at most two in flight", () => {
    shown();
    expect(asked).toBe(1);
    shown();
    shown();
    shown();
    expect(asked).toBe(2);
    expect(frames).toEqual([]); // and sleeps until one comes
  });

  test("draws a received frame at the next animation frame, and requests another", () => {
    shown();
    shown();
    const before = drawn;
    pulse.received();
    expect(drawn).toBe(before);
    shown();
    expect([asked, drawn]).toEqual([3, before + 1]);
  });

  test("draws two frames that arrive together once, and keeps two in flight", () => {
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

  test("requests nothing while the page is hidden", () => {
    pulse.received();
    pulse.received();
    expect(asked).toBe(0);
  });

  test("requests again what a lost connection did not deliver", () => {
    shown();
    shown();
    pulse.forget();
    pulse.schedule();
    shown();
    shown();
    expect(asked).toBe(4);
  });

  test("keeps at most two in flight after an unexpected frame", () => {
    pulse.received();
    pulse.received();
    for (let i = 0; i < 5; i += 1) shown();
    expect(asked).toBe(2);
  });

  test("requests nothing once it is stopped", () => {
    pulse.stop();
    shown();
    pulse.received();
    shown();
    expect(asked).toBe(0);
  });
});
