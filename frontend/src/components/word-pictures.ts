// The small picture of each word: one line in a field of 64 by 32.

import type { Word } from "../state/words";

const RING = (x: number, y: number, r: number) =>
  `M${x - r} ${y}a${r} ${r} 0 1 1 ${2 * r} 0a${r} ${r} 0 1 1 ${-2 * r} 0`;

export const WORD_PICTURES: Record<Word, string> = {
  learning_rate: "M2 3l9 24 9-20 9 15 8-11 8 7 8-4 9 1", // steps that are too long
  optimizer: "M2 4c14 30 20 26 34 22s18-2 26-2",
  cost: "M2 4c16 32 44 32 60 0",
  batch: "M2 6l6 8 6-5 6 9 6-4 6 6 6-5 6 6 6-3 12 2",
  l1: "M32 2l14 14-14 14-14-14z",
  l2: RING(32, 16, 14),
  initializer: "M2 28h8v-4h8v-8h8V5h10v11h8v8h8v4h10",
  noise: `${RING(32, 16, 13)}M14 8h1M50 6h1M12 22h1M52 22h1M30 30h1`,
  points: `${RING(12, 20, 2)}${RING(26, 9, 2)}${RING(38, 22, 2)}${RING(52, 11, 2)}`,
  test_share: "M2 4c10 20 30 24 60 25M2 6c10 18 24 16 60 4",
  arms: "M32 16c4-4 8 0 6 5s-12 6-15-1 2-17 12-16 17 10 14 18",
  classes: `${RING(14, 20, 7)}${RING(34, 10, 7)}${RING(52, 21, 7)}`,
  seed: "M20 8h16v16H20zM24 12h1M32 20h1M28 16h1M44 14l6-6M44 20h8",
  inputs: "M4 8h16M4 24h16M20 8l24 8M20 24l24-8M44 16h16",
  layers: "M10 3v26M26 3v26M42 3v26M58 3v26",
  neurons: `${RING(32, 5, 4)}${RING(32, 16, 4)}${RING(32, 27, 4)}`,
  activation: "M2 28h14c12 0 16-24 32-24h14",
  own_rate: "M6 28V16M22 28V8M38 28V20M54 28V4",
  speed: "M4 4l12 12L4 28M22 4l12 12-12 12M40 4l12 12-12 12",
  stepped: "M2 28h30V4h30",
  saturated: "M2 28h18c6 0 6-24 12-24h30M44 4v8M54 4v8",
  relative_error: "M4 12h56M4 18h56M30 24l4 6 4-6",
  log: "M4 4v24h56M4 16h4M4 10h4M4 22h4M4 4c20 20 40 18 56 20",
};
