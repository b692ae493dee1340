import { signal } from "@preact/signals";
import { describe, expect, test } from "vitest";
import type { Frame } from "../../src/server/messages";
import { judge, makeTour, PATH } from "../../src/state/tour";

const seen = (step: number, cost: number, playing = true) =>
  ({ step, cost, playing, diverged: null }) as Frame;

function opened() {
  const frame = signal<Frame | null>(null);
  const done: unknown[] = [];
  const tour = makeTour({
    frame,
    openExample: (name, change) => done.push(change ? [name, change] : name),
    setSpeed: (speed) => done.push(speed),
    send: (type) => done.push(type),
  });
  return { frame, done, tour };
}

describe("the guided path", () => {
  test("says at once whether a known answer is right", () => {
    const { tour } = opened();
    tour.choose(0);
    tour.check();
    expect(tour.phase.value).toBe("wrong");
    tour.choose(1);
    expect(tour.phase.value).toBe("asking");
    tour.check();
    expect(tour.phase.value).toBe("right");
    expect([...tour.solved.value]).toEqual(["circles"]);
  });

  test("lets the training answer, not frames of the one before", () => {
    const { tour, frame, done } = opened();
    frame.value = seen(2500, 0.001, false);
    tour.go(2);
    tour.choose(1);
    tour.check();
    expect(done).toEqual(["gradient", "gradient", 500, "play"]);
    frame.value = seen(2500, 0.001, false);
    expect(tour.phase.value).toBe("training");
    frame.value = seen(100, 0.25);
    frame.value = seen(2510, 0.25);
    expect(tour.phase.value).toBe("right");
    expect(done.at(-1)).toBe("pause");
  });

  test("judges a mending by the cost that it comes to", () => {
    const { tour, frame, done } = opened();
    tour.go(4);
    for (const [option, cost, phase] of [
      [0, 0.41, "wrong"],
      [2, 0.001, "right"],
    ] as const) {
      tour.choose(option);
      tour.check();
      frame.value = seen(1, 0.25);
      frame.value = seen(2500, cost);
      expect(tour.phase.value).toBe(phase);
    }
    expect(done).toContainEqual(["gradient", { initializer: "orthogonal" }]);
  });

  test("keeps the failure on the screen when it asks for the reason", () => {
    const { tour, done } = opened();
    tour.go(2);
    const before = done.length;
    tour.go(3);
    expect(done).toHaveLength(before);
  });
});

test("a verdict waits for its steps, or for its cost", () => {
  expect(judge({ cost: 0.01, steps: 100 }, seen(10, 0.2))).toBe(null);
  expect(judge({ cost: 0.01, steps: 100 }, seen(10, 0.009))).toBe(true);
  expect(judge({ cost: 0.01, steps: 100 }, seen(100, 0.2))).toBe(false);
  expect(judge({ steps: 100 }, seen(100, 0.2))).toBe(true);
});

test("every stop has one right option of three", () => {
  for (const { right, changes } of PATH) {
    expect(right).toBeLessThan(3);
    if (changes) expect(changes).toHaveLength(3);
  }
});
