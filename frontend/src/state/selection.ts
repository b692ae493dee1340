// The neuron or weight that is selected in the diagram.

export type DiagramSelection =
  | { kind: "neuron"; layer: number; index: number; pinned: boolean }
  | { kind: "weight"; layer: number; row: number; column: number };
