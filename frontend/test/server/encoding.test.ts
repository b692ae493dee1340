import { describe, expect, test } from "vitest";
import { arraysOf, decode } from "../../src/server/encoding";

function encode(message: object, ...arrays: (Float32Array | Uint8Array)[]): ArrayBuffer {
  let json = JSON.stringify(message);
  while ((4 + json.length) % 8) json += " ";
  const padded = arrays.map((one) => Math.ceil(one.byteLength / 8) * 8);
  const buffer = new ArrayBuffer(4 + json.length + padded.reduce((sum, one) => sum + one, 0));
  new DataView(buffer).setUint32(0, json.length, true);
  new Uint8Array(buffer, 4).set(new TextEncoder().encode(json));
  let at = 4 + json.length;
  arrays.forEach((one, i) => {
    new Uint8Array(buffer, at).set(new Uint8Array(one.buffer));
    at += padded[i] ?? 0;
  });
  return buffer;
}

describe("the encoding", () => {
  const message = {
    type: "frame",
    arrays: [
      { name: "wrong", dtype: "uint8", shape: [3] },
      { name: "parameters", dtype: "float32", shape: [2, 1] },
    ],
  };
  const sent = encode(message, new Uint8Array([1, 0, 1]), new Float32Array([0.5, -2]));

  test("round-trips a message", () => {
    const { message: got, buffers } = decode(sent);
    expect(got.type).toBe("frame");
    const arrays = arraysOf(got, buffers);
    expect(Array.from(arrays.wrong ?? [])).toEqual([1, 0, 1]);
    expect(Array.from(arrays.parameters ?? [])).toEqual([0.5, -2]);
  });

  test("reads buffers at any offset, as a notebook's may be", () => {
    const { message: got, buffers } = decode(sent);
    const moved = buffers.map((view) => {
      const bytes = new Uint8Array(view.byteLength + 3);
      bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), 3);
      return new DataView(bytes.buffer, 3);
    });
    expect(Array.from(arraysOf(got, moved).parameters ?? [])).toEqual([0.5, -2]);
  });
});
