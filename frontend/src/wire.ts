// A message from the server: the length of its JSON, the JSON, then its arrays, aligned to 8 bytes.

export type Numbers = Float32Array | Int32Array | Uint8Array;
export interface Content {
  type: string;
  [key: string]: unknown;
}
interface Described {
  name: string;
  dtype: "float32" | "int32" | "uint8";
  shape: number[];
}
export interface Received {
  content: Content;
  buffers: DataView[];
}

const BYTES = { float32: 4, int32: 4, uint8: 1 };

/** Take a binary message apart into its content and one buffer for each array. */
export function decode(message: ArrayBuffer): Received {
  const length = new DataView(message).getUint32(0, true);
  const json = new TextDecoder().decode(new Uint8Array(message, 4, length));
  const content = JSON.parse(json) as Content;
  let at = 4 + length;
  const buffers = described(content).map((one) => {
    const bytes = size(one.shape) * BYTES[one.dtype];
    const view = new DataView(message, at, bytes);
    at += Math.ceil(bytes / 8) * 8;
    return view;
  });
  return { content, buffers };
}

/** The arrays of a message by their names. */
export function arraysOf(content: Content, buffers: DataView[]): Record<string, Numbers> {
  const arrays: Record<string, Numbers> = {};
  described(content).forEach((one, i) => {
    const view = buffers[i];
    if (view) arrays[one.name] = typed(one.dtype, view, size(one.shape));
  });
  return arrays;
}

function typed(dtype: Described["dtype"], view: DataView, count: number): Numbers {
  if (dtype === "uint8") return new Uint8Array(view.buffer, view.byteOffset, count);
  const kind = dtype === "float32" ? Float32Array : Int32Array;
  // A notebook's buffers may lie anywhere; those of the socket are aligned and need no copy.
  if (view.byteOffset % 4 === 0)
    return new kind(view.buffer as ArrayBuffer, view.byteOffset, count);
  return new kind(new Uint8Array(view.buffer, view.byteOffset, 4 * count).slice().buffer);
}

function described(content: Content): Described[] {
  return (content.arrays ?? []) as Described[];
}

function size(shape: number[]): number {
  return shape.reduce((product, one) => product * one, 1);
}
