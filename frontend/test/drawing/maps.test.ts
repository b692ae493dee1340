import { describe, expect, test } from "vitest";
import { layoutMaps } from "../../src/drawing/maps";
import type { DrawnLayer } from "../../src/server/messages";

const layer = (kind: string, shape: number[], row: number): DrawnLayer => ({
  kind,
  shape,
  row,
  place: row + 1,
  at: null,
  weights: null,
});

/** Convolutions of so many filters, each with its pooling, and ten classes. */
const network = (filters: number[]): DrawnLayer[] => [
  layer("Image", [8, 8, 1], -1),
  ...filters.flatMap((n, k) => [layer("Conv2D", [8, 8, n], k), layer("MaxPool2D", [4, 4, n], k)]),
  layer("Dense", [10], filters.length),
];

describe("the maps of a network", () => {
  test.each([[[1]], [[8]], [[16, 16]], [[3, 16, 7]], [[]]])("of %j filters", (filters) => {
    for (const width of [358, 652, 1100]) {
      const layers = network(filters);
      const { tiles, height, output } = layoutMaps(layers, width, 208);
      expect(height).toBe(208);
      expect(tiles).toHaveLength(1 + 2 * filters.reduce((sum, n) => sum + n, 0));
      tiles.forEach((one, i) => {
        expect(one.x).toBeGreaterThanOrEqual(0);
        expect(one.x + one.width).toBeLessThanOrEqual(output.x);
        expect(one.y).toBeGreaterThanOrEqual(0);
        expect(one.y + one.height).toBeLessThanOrEqual(height + 1);
        for (const two of tiles.slice(i + 1)) {
          const apart = Math.max(Math.abs(one.x - two.x), Math.abs(one.y - two.y));
          expect(apart).toBeGreaterThanOrEqual(Math.min(one.width, two.width)); // none covers another
        }
      });
      // A pooled map is as large as its map, and they stand in the order of the layers.
      const of = (k: number) => tiles.filter((one) => one.layer === k);
      for (let k = 1; k + 2 < layers.length; k += 2) {
        expect(of(k)[0]?.width).toBe(of(k + 1)[0]?.width);
        expect(of(k + 1)[0]?.x).toBeGreaterThan(of(k).at(-1)?.x ?? 0);
      }
    }
  });

  test("of a recurrence are a strip for each unit, as wide as its column", () => {
    const layers = [
      layer("Series", [16, 1], -1),
      layer("LSTM", [16, 8], 0),
      layer("Dense", [1], 1),
    ];
    const { tiles, output } = layoutMaps(layers, 630, 208);
    const strips = tiles.filter((one) => one.layer === 1);
    expect(strips).toHaveLength(8);
    expect(new Set(strips.map(({ x, width }) => `${x} ${width}`)).size).toBe(1);
    for (const { x, y, width, height } of strips) {
      expect(x + width).toBeLessThanOrEqual(output.x);
      expect(y + height).toBeLessThanOrEqual(208);
    }
    strips.slice(1).forEach((one, k) => {
      expect(one.y).toBe((strips[k]?.y ?? 0) + one.height + 3);
    });
  });

  test("leave room for a finger at each class", () => {
    expect(layoutMaps(network([8]), 358, 208, true).output.row).toBe(24);
    expect(layoutMaps(network([8]), 358, 208, true).height).toBe(240);
  });
});
