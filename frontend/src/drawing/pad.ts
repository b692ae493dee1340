// The picture of a network on images: strokes or an image, or one map with its filter.

import type { NumericArray } from "../server/encoding";
import { filterOf, type Images, mapOf, reachOf, sidesOf } from "../state/images";
import { css, type Palette } from "./colors";
import { colorOf, paintNumbers } from "./maps";

const PEN = 0.09; // of the side
const SHARE = 0.3; // of the side: what the filter takes at most

export function paintPad(
  canvas: HTMLCanvasElement,
  size: number,
  images: Images,
  parameters: NumericArray | undefined,
  palette: Palette,
): void {
  const scale = devicePixelRatio || 1;
  const side = Math.round(size * scale);
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const [layers, maps] = [images.layers.value, images.maps.value];
  const [seen, strokes] = [images.hovered.value, images.strokes.value];
  if (!context) return;
  context.fillStyle = css(palette.paper);
  context.fillRect(0, 0, side, side);
  const all = { x: 0, y: 0, width: side, height: side };
  if (seen && maps && layers[seen.layer]) {
    const layer = layers[seen.layer] as (typeof layers)[number];
    const reach = reachOf(layers, maps, seen.layer);
    paintNumbers(context, mapOf(layers, maps, seen), sidesOf(layer), all, (value) =>
      colorOf(layer.kind, value, reach, palette),
    );
    const filter = filterOf(layer, parameters, seen.channel);
    if (filter) paintFilter(context, filter, side, palette);
  } else if (images.drawn.value) paintStrokes(context, strokes, side, palette);
  else if (maps && layers[0]) {
    const image = { layer: 0, channel: 0 };
    paintNumbers(context, mapOf(layers, maps, image), sidesOf(layers[0]), all, (value) =>
      colorOf("Image", value, 1, palette),
    );
  }
}

function paintStrokes(
  context: CanvasRenderingContext2D,
  strokes: readonly number[][],
  side: number,
  palette: Palette,
): void {
  context.strokeStyle = css(palette.ink);
  context.lineWidth = PEN * side;
  context.lineCap = context.lineJoin = "round";
  for (const [x = 0, y = 0, ...rest] of strokes) {
    context.beginPath();
    context.moveTo(x * side, y * side);
    context.lineTo(x * side, y * side); // a single point is a dot
    for (let i = 0; i + 1 < rest.length; i += 2)
      context.lineTo((rest[i] ?? 0) * side, (rest[i + 1] ?? 0) * side);
    context.stroke();
  }
}

/** The weights for each channel that the filter reads, on one scale, in the lower right corner. */
function paintFilter(
  context: CanvasRenderingContext2D,
  filter: number[][][],
  side: number,
  palette: Palette,
): void {
  const across = Math.ceil(Math.sqrt(filter.length));
  const down = Math.ceil(filter.length / across);
  const gap = Math.round(side * 0.008);
  const own = Math.floor(Math.min(SHARE, 0.15 + 0.08 * across) * side) / across - gap;
  const reach = Math.max(...filter.flat(2).map(Math.abs));
  const [left, top] = [side - across * (own + gap) - 2 * gap, side - down * (own + gap) - 2 * gap];
  context.fillStyle = css(palette.paper);
  context.fillRect(left - gap, top - gap, side, side);
  filter.forEach((rows, c) => {
    const x = left + gap + (c % across) * (own + gap);
    const y = top + gap + Math.floor(c / across) * (own + gap);
    const [height, width] = [rows.length, rows[0]?.length ?? 0];
    paintNumbers(
      context,
      rows.flat(),
      [height, width],
      { x, y, width: own, height: own },
      (value) => colorOf("Conv2D", value, reach, palette),
    );
  });
}
