// The map as a picture to take home: the page's cells, with the band of each cell's curves in it.

import { type Cell, inkOf, type SweepMap, tally } from "../state/sweep";
import { area, line, plotOf } from "./bands";
import { css, mix, type Palette } from "./colors";

export interface MapPicture {
  map: SweepMap;
  title: string;
  /** The axes' names, and their values in words. */
  across: { name: string; values: string[] };
  down: { name: string; values: string[] };
  cellOf(row: number, column: number): Cell | undefined;
}

const SCALE = 2; // pixels for each of a style sheet: it is printed, too
const CELL = { width: 76, height: 60 };
const PLOT = { width: 62, height: 32, left: 7, top: 21 };
const [GAP, EDGE, LETTER] = [2, 20, 13];

export function paintMap(
  canvas: HTMLCanvasElement,
  picture: MapPicture,
  palette: Palette,
  family: string,
): void {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const { map, title, across, down, cellOf } = picture;
  const write = (weight = 400) => {
    pen.font = `${weight} ${LETTER}px ${family}`;
  };
  write();
  const widest = (words: string[]) => Math.max(...words.map((one) => pen.measureText(one).width));
  const left = EDGE + widest([...down.values, down.name]) + 12;
  const top = EDGE + 5 * LETTER;
  const column = Math.max(CELL.width, widest(across.values) + 12);
  write(600);
  const width = Math.max(
    left + across.values.length * column + EDGE,
    2 * EDGE + pen.measureText(title).width,
  );
  const height = top + down.values.length * CELL.height + EDGE;
  canvas.width = Math.ceil(SCALE * width);
  canvas.height = Math.ceil(SCALE * height);
  pen.scale(SCALE, SCALE);
  pen.fillStyle = css(palette.paper);
  pen.fillRect(0, 0, width, height);
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  const say = (
    words: string,
    x: number,
    y: number,
    align: CanvasTextAlign,
    color = palette.ink,
  ) => {
    pen.textAlign = align;
    pen.fillStyle = css(color);
    pen.fillText(words, x, y);
  };
  write(600);
  say(title, EDGE, EDGE + LETTER / 2, "left");
  write();
  say(
    across.name,
    left + (across.values.length * column) / 2,
    top - 2.75 * LETTER,
    "center",
    palette.soft,
  );
  say(down.name, EDGE, top - LETTER, "left", palette.soft);
  across.values.forEach((one, k) => {
    say(one, left + (k + 0.5) * column, top - LETTER, "center");
  });
  // All curves have one scale.
  const bands = [...map.cells.values()].map(({ band: [min, median, max] }) => ({
    min,
    median,
    max,
  }));
  const plot = plotOf(bands, map.steps, column - (CELL.width - PLOT.width), PLOT.height);
  down.values.forEach((name, row) => {
    const y = top + row * CELL.height;
    say(name, EDGE, y + CELL.height / 2, "left");
    across.values.forEach((_, k) => {
      const cell = cellOf(row, k);
      if (!cell) return;
      const x = left + k * column;
      const { share } = tally(cell, map.below);
      const ink = inkOf(share);
      pen.fillStyle = css(mix(palette.paper, palette.ink, ink));
      pen.fillRect(x, y, column - GAP, CELL.height - GAP);
      const color = ink > 0.5 ? palette.paper : palette.ink;
      say(`${Math.round(100 * share)} %`, x + column - 8, y + 11, "right", color);
      const [min, median, max] = cell.band;
      pen.save();
      pen.translate(x + PLOT.left, y + PLOT.top);
      pen.globalAlpha = 0.3;
      pen.fill(new Path2D(area(plot, map.moments, { min, median, max })));
      pen.globalAlpha = 1;
      pen.strokeStyle = css(color);
      pen.lineWidth = 1.25;
      pen.stroke(new Path2D(line(plot, map.moments, median)));
      pen.restore();
    });
  });
}
