// The maps of a network on images or series, on a canvas: a column for each layer, with its maps in a
// block, beside it those of the pooling that follows; of a series a strip for each unit.

import type { DrawnLayer } from "../server/messages";
import { type Channel, channelsOf, mapOf, overTime, reachOf, sidesOf } from "../state/images";
import { css, diverging, mix, type Palette, type Rgb } from "./colors";

export interface Area {
  x: number; // of the upper left corner
  y: number;
  width: number;
  height: number;
}
export type Tile = Channel & Area;
export interface MapLayout {
  width: number;
  height: number;
  tiles: Tile[];
  /** The output's column: its left side, width, and the height of a class. */
  output: { x: number; width: number; row: number; top: number };
}

const GAP = 3; // pixels between two maps
const BETWEEN = 8; // between two blocks
const MARGIN = 6; // to the sides of a column
const MOST = { image: 160, map: 60, neuron: 22 };
const STRIP = 28; // pixels that a strip is high at most
const LEAST = 6;
const ROW = { least: 20, finger: 24, most: 48 };

/** A column for the inputs, for each layer of the set-up and for the output, all equally wide. */
export function layoutMaps(
  layers: readonly DrawnLayer[],
  width: number,
  room: number,
  finger = false,
): MapLayout {
  const last = layers.length - 1;
  const columns = 2 + Math.max(-1, ...layers.map((one) => one.row));
  const wide = width / columns;
  const classes = layers[last] ? Math.max(2, channelsOf(layers[last])) : 0; // one output tells two
  const fits = Math.min(ROW.most, Math.floor(room / Math.max(1, classes)));
  const row = Math.max(finger ? ROW.finger : ROW.least, fits);
  const height = Math.max(room, row * classes);
  const tiles: Tile[] = [];
  for (let column = 0; column + 1 < columns; column += 1) {
    const members = layers.flatMap(({ row: its }, k) => (its === column - 1 ? [k] : []));
    const inner = (wide - 2 * MARGIN - BETWEEN * (members.length - 1)) / members.length;
    const blocks = members.map((k) => blockOf(layers[k] as DrawnLayer, inner, height));
    const side = Math.min(...blocks.map((one) => one.side));
    const wideOf = (layer: number) => (overTime(layers[layer] as DrawnLayer) ? inner : side);
    const total =
      members.reduce((sum, k, m) => sum + (blocks[m]?.across ?? 1) * (wideOf(k) + GAP) - GAP, 0) +
      BETWEEN * (members.length - 1);
    let left = column * wide + (wide - total) / 2;
    members.forEach((layer, m) => {
      const { across, count } = blocks[m] as Block;
      const down = Math.ceil(count / across);
      const top = (height - (down * (side + GAP) - GAP)) / 2;
      for (let channel = 0; channel < count; channel += 1)
        tiles.push({
          layer,
          channel,
          x: Math.round(left + (channel % across) * (side + GAP)),
          y: Math.round(top + Math.floor(channel / across) * (side + GAP)),
          width: Math.floor(wideOf(layer)),
          height: side,
        });
      left += across * (wideOf(layer) + GAP) - GAP + BETWEEN;
    });
  }
  const output = {
    x: (columns - 1) * wide + MARGIN,
    width: wide - 2 * MARGIN,
    row,
    top: (height - row * classes) / 2,
  };
  return { width, height, tiles, output };
}

interface Block {
  count: number;
  across: number;
  side: number;
}

/** As large as the block's maps can be, side by side. */
function blockOf(layer: DrawnLayer, width: number, height: number): Block {
  const count = channelsOf(layer);
  if (overTime(layer)) {
    const fits = (height - (count - 1) * GAP) / count;
    return { count, across: 1, side: Math.max(LEAST, Math.floor(Math.min(fits, STRIP))) };
  }
  const kind = layer.kind === "Image" ? "image" : layer.shape.length === 3 ? "map" : "neuron";
  let best: Block = { count, across: 1, side: 0 };
  for (let across = 1; across <= count; across += 1) {
    const down = Math.ceil(count / across);
    const fits = Math.min(
      (width - (across - 1) * GAP) / across,
      (height - (down - 1) * GAP) / down,
      MOST[kind],
    );
    const side = Math.max(LEAST, Math.floor(fits));
    const empty = (one: Block) => Math.ceil(one.count / one.across) * one.across - one.count;
    const next = { count, across, side };
    if (side > best.side || (side === best.side && empty(next) < empty(best))) best = next;
  }
  return best;
}

/** The color of a map's number on its layer's scale; an image is ink on paper. */
export function colorOf(kind: string, value: number, reach: number, palette: Palette): Rgb {
  if (kind === "Image") return mix(palette.paper, palette.ink, Math.min(1, Math.max(0, value)));
  return diverging(reach > 0 ? value / reach : 0, palette.classes, palette);
}

/** Paint numbers, row by row, as rectangles of one color each. */
export function paintNumbers(
  context: CanvasRenderingContext2D,
  numbers: ArrayLike<number>,
  [height, width]: [number, number],
  area: Area,
  color: (value: number) => Rgb,
): void {
  const [cell, row] = [area.width / width, area.height / height];
  for (let i = 0; i < height; i += 1) {
    for (let j = 0; j < width; j += 1) {
      context.fillStyle = css(color(numbers[i * width + j] ?? 0));
      // Whole pixels: no seam shows between two of them.
      const [left, right] = [Math.round(area.x + j * cell), Math.round(area.x + (j + 1) * cell)];
      const [top, bottom] = [Math.round(area.y + i * row), Math.round(area.y + (i + 1) * row)];
      context.fillRect(left, top, right - left, bottom - top);
    }
  }
}

/** A painter for one canvas. */
export function makeMapPainter(
  canvas: HTMLCanvasElement,
  layers: readonly DrawnLayer[],
  layout: MapLayout,
  palette: Palette,
) {
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(layout.width * scale);
  canvas.height = Math.round(layout.height * scale);
  const context = canvas.getContext("2d");
  return function draw(maps: ArrayLike<number>): void {
    if (!context) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    const reaches = layers.map((_, k) => reachOf(layers, maps, k));
    context.lineWidth = 1;
    context.strokeStyle = css(palette.line);
    for (const tile of layout.tiles) {
      const layer = layers[tile.layer] as DrawnLayer;
      const area = {
        x: Math.round(tile.x * scale),
        y: Math.round(tile.y * scale),
        width: Math.round(tile.width * scale),
        height: Math.round(tile.height * scale),
      };
      paintNumbers(context, mapOf(layers, maps, tile), sidesOf(layer), area, (value) =>
        colorOf(layer.kind, value, reaches[tile.layer] ?? 0, palette),
      );
      context.strokeRect(area.x - 0.5, area.y - 0.5, area.width + 1, area.height + 1);
    }
  };
}
