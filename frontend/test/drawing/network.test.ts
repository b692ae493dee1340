import { describe, expect, test } from "vitest";
import { diagramHeight, layoutNetwork, neuronCenter, neuronSize } from "../../src/drawing/network";

const every = (topology: number[], finger = false, numbers = false) => {
  const width = topology.length * 84; // as little as the page gives it
  const layout = layoutNetwork(topology, width, finger, numbers);
  const places = topology.flatMap((count, layer) =>
    Array.from({ length: count }, (_, i) => neuronCenter(layout, layer, i)),
  );
  return { layout, places, side: neuronSize(layout), height: diagramHeight(layout) };
};

describe("a network of any size", () => {
  const sizes = Array.from({ length: 16 }, (_, i) => i + 1);

  test.each(sizes)(
    "with %i neurons in a layer is at most 240 pixels high, and each neuron can be clicked",
    (n) => {
      for (const others of [
        [2, 4, n, 1],
        [7, n, 8, 5],
        [1, n, n, n, n, n, n, 1],
      ]) {
        const { places, side, height } = every(others);
        expect(height).toBeLessThanOrEqual(240);
        expect(side).toBeGreaterThanOrEqual(24);
        places.forEach(([x, y], i) => {
          expect(y - side / 2).toBeGreaterThanOrEqual(0);
          expect(y + side / 2).toBeLessThanOrEqual(height);
          for (const [x2, y2] of places.slice(i + 1)) {
            // none covers another
            expect(Math.max(Math.abs(x - x2), Math.abs(y - y2))).toBeGreaterThanOrEqual(side + 2);
          }
        });
      }
    },
  );

  test("has one column up to eight neurons, for touch, and with numbers", () => {
    expect(new Set(every([8]).places.map(([x]) => x)).size).toBe(1);
    expect(new Set(every([9]).places.map(([x]) => x)).size).toBe(2);
    const { places, layout } = every([16], true);
    expect(new Set(places.map(([x]) => x)).size).toBe(1);
    expect(layout.row).toBe(44);
    const numbered = every([16], false, true);
    expect(new Set(numbered.places.map(([x]) => x)).size).toBe(1);
    expect(numbered.layout.row).toBeGreaterThanOrEqual(numbered.side + 2);
  });

  test("orders its neurons from top to bottom", () => {
    const heights = every([16]).places.map(([, y]) => y);
    expect(heights).toEqual([...heights].sort((a, b) => a - b));
  });
});
