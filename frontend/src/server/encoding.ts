// A binary message: the length of its JSON, the JSON, then its arrays, aligned to 8 bytes.

export type NumericArray = Float32Array | Int32Array | Uint8Array;
export interface Message {
  type: string;
  [key: string]: unknown;
}
interface ArrayDescription {
  name: string;
  dtype: "float32" | "int32" | "uint8";
  shape: number[];
}
export interface DecodedMessage {
  message: Message;
  buffers: DataView[];
}

const BYTES = { float32: 4, int32: 4, uint8: 1 };

/** Split a binary message into its JSON and one buffer for each array. */
export function decode(bytes: ArrayBuffer): DecodedMessage {
  const length = new DataView(bytes).getUint32(0, true);
  const json = new TextDecoder().decode(new Uint8Array(bytes, 4, length));
  const message = JSON.parse(json) as Message;
  let at = 4 + length;
  const buffers = arrayDescriptions(message).map((one) => {
    const size = elementCount(one.shape) * BYTES[one.dtype];
    const view = new DataView(bytes, at, size);
    at += Math.ceil(size / 8) * 8;
    return view;
  });
  return { message, buffers };
}

/** The arrays of a message by their names. */
export function arraysOf(message: Message, buffers: DataView[]): Record<string, NumericArray> {
  const arrays: Record<string, NumericArray> = {};
  arrayDescriptions(message).forEach((one, i) => {
    const view = buffers[i];
    if (view) arrays[one.name] = typedArray(one.dtype, view, elementCount(one.shape));
  });
  return arrays;
}

function typedArray(dtype: ArrayDescription["dtype"], view: DataView, count: number): NumericArray {
  if (dtype === "uint8") return new Uint8Array(view.buffer, view.byteOffset, count);
  const kind = dtype === "float32" ? Float32Array : Int32Array;
  // A notebook's buffers may have any offset; the socket's are aligned and need no copy.
  if (view.byteOffset % 4 === 0)
    return new kind(view.buffer as ArrayBuffer, view.byteOffset, count);
  return new kind(new Uint8Array(view.buffer, view.byteOffset, 4 * count).slice().buffer);
}

function arrayDescriptions(message: Message): ArrayDescription[] {
  return (message.arrays ?? []) as ArrayDescription[];
}

function elementCount(shape: number[]): number {
  return shape.reduce((product, one) => product * one, 1);
}
