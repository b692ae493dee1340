import { type Signal, signal } from "@preact/signals";
import { beforeEach, describe, expect, test } from "vitest";
import type { Connection } from "../../src/server/connection";
import type { ExecutedLine, Frame, Run } from "../../src/server/messages";
import {
  firstLine,
  makeMicroscope,
  nearestPoint,
  stages,
  variablesAt,
} from "../../src/state/microscope";
import type { DiagramSelection } from "../../src/state/selection";
import type { Tool } from "../../src/state/tools";

describe("the stages of a step", () => {
  test("go forward, to the cost, backward, and to the updates", () => {
    expect(stages(2).map(({ phase, layer }) => `${phase} ${layer}`)).toEqual([
      "forward 0",
      "forward 1",
      "cost 1",
      "backward 1",
      "backward 0",
      "update 0",
      "update 1",
    ]);
    expect(stages(1)).toHaveLength(4);
  });
});

describe("the lesson's lines", () => {
  const variable = (name: string, values: unknown) => ({ name, shape: null, values });
  const moments: ExecutedLine[] = [
    { number: 58, phase: "forward", layer: null, variables: [variable("lr", 0.1)] },
    { number: 60, phase: "forward", layer: 0, variables: [variable("z", 1)] },
    { number: 60, phase: "forward", layer: 1, variables: [variable("z", 2)] },
    { number: 65, phase: "cost", layer: null, variables: [] },
    { number: 74, phase: "backward", layer: 1, variables: [variable("delta", 3)] },
  ];
  test("follow the stages", () => {
    expect(firstLine(moments, { phase: "forward", layer: 1 })).toBe(2);
    expect(firstLine(moments, { phase: "cost", layer: 1 })).toBe(3);
    expect(firstLine(moments, { phase: "backward", layer: 1 })).toBe(4);
    expect(firstLine(moments, { phase: "update", layer: 0 })).toBe(0);
  });
  test("hold the variables that change, and keep the others", () => {
    const names = (line: number) =>
      variablesAt(moments, line).map((one) => `${one.name}=${one.values}`);
    expect(names(1)).toEqual(["lr=0.1", "z=1"]);
    expect(names(4)).toEqual(["lr=0.1", "z=2", "delta=3"]);
  });
});

test("the nearest point is measured in the plane's proportions", () => {
  const points = new Float32Array([0, 0, 1, 10, 0.4, 0]);
  expect(nearestPoint({ points, extent: [0, 1, 0, 100] }, 0.9, 0)).toBe(1); // x2 counts a hundredth
  expect(nearestPoint({ points, extent: [0, 1, 0, 1] }, 0.9, 0)).toBe(2);
  expect(nearestPoint({ points: new Float32Array(), extent: [0, 1, 0, 1] }, 0, 0)).toBe(null);
});

describe("the microscope", () => {
  let sent: Record<string, unknown>[];
  let hear: (message: object) => void;
  let run: Signal<Run | null>;
  let frame: Signal<Frame | null>;
  let selection: Signal<DiagramSelection | null>;
  let scope: ReturnType<typeof makeMicroscope>;

  const running = (topology: number[], points = 10): Run =>
    ({
      topology,
      points: new Float32Array(2 * points),
      labels: new Float32Array(points),
      extent: [-1, 1, -1, 1],
    }) as unknown as Run;

  let tool: Signal<Tool | null>;
  beforeEach(() => {
    sent = [];
    run = signal(running([2, 4, 3, 1]));
    frame = signal({ playing: false } as Frame);
    selection = signal(null);
    const model: Connection = {
      send: (message) => sent.push(message as Record<string, unknown>),
      on: (_, listener) => {
        hear = (message) => listener(message as { type: string }, []);
      },
      off: () => {},
    };
    tool = signal<Tool | null>(null);
    scope = makeMicroscope(model, { run, frame, selection, tool });
  });
  const answer = () =>
    hear({
      type: "microscope",
      activations: ["tanh", "tanh", "sigmoid"],
      lesson: { source: [], moments: [] },
    });
  const asked = () => sent.filter((one) => one.type === "microscope");

  test("requests nothing until it opens, which pauses the training", () => {
    expect(sent).toEqual([]);
    tool.value = "microscope";
    expect(sent).toEqual([
      { type: "pause" },
      { type: "microscope", point: null, layer: 0, unit: 0 },
    ]);
    tool.value = null;
    frame.value = { playing: false } as Frame;
    expect(asked()).toHaveLength(1);
  });

  test("sends one request at a time, and the last choice in the end", () => {
    tool.value = "microscope";
    scope.point.value = 4;
    scope.next();
    scope.next();
    expect(asked()).toHaveLength(1);
    answer();
    expect(asked()).toHaveLength(2);
    expect(asked()[1]).toEqual({ type: "microscope", point: 4, layer: 2, unit: 0 });
    answer();
    expect(asked()).toHaveLength(2);
  });

  test("goes on after an error or a lost connection", () => {
    tool.value = "microscope";
    scope.point.value = 4;
    hear({ type: "error" });
    expect(asked()).toHaveLength(2);
    hear({ type: "welcome" });
    expect(asked()).toHaveLength(3);
  });

  test("requests again with every frame of a paused training", () => {
    tool.value = "microscope";
    answer();
    frame.value = { playing: false } as Frame;
    expect(asked()).toHaveLength(2);
    answer();
    frame.value = { playing: true } as Frame;
    frame.value = { playing: true } as Frame;
    expect(asked()).toHaveLength(2); // four looks a second at most
  });

  test("moves through all stages and no further", () => {
    scope.back();
    expect(scope.stageIndex.value).toBe(0);
    for (let i = 0; i < 20; i += 1) scope.next();
    expect(scope.stage.value).toEqual({ phase: "update", layer: 2 });
    scope.phase("backward");
    expect(scope.stage.value).toEqual({ phase: "backward", layer: 2 });
  });

  test("selects a clicked neuron in the current phase", () => {
    tool.value = "microscope";
    scope.phase("update");
    selection.value = { kind: "neuron", layer: 2, index: 1, pinned: true };
    expect([scope.stage.value, scope.unit.value]).toEqual([{ phase: "update", layer: 1 }, 1]);
    scope.phase("cost");
    expect(scope.unit.value).toBe(0); // there is one output
    selection.value = { kind: "neuron", layer: 1, index: 3, pinned: true };
    expect([scope.stage.value, scope.unit.value]).toEqual([{ phase: "forward", layer: 0 }, 3]);
    selection.value = { kind: "neuron", layer: 3, index: 0, pinned: false }; // only passed by
    expect(scope.stage.value.layer).toBe(0);
  });

  test("follows a number to its source", () => {
    tool.value = "microscope";
    scope.follow({ kind: "neuron", phase: "backward", layer: 1, unit: 2 });
    expect([scope.stage.value, scope.unit.value]).toEqual([{ phase: "backward", layer: 1 }, 2]);
    scope.follow({ kind: "weight", layer: 1, row: 3, unit: 2 });
    expect(selection.value).toEqual({ kind: "weight", layer: 1, row: 3, column: 2 });
    scope.follow({ kind: "target", unit: 0 });
    expect(scope.stage.value.phase).toBe("cost");
    scope.follow({ kind: "input", unit: 1 });
    expect(selection.value).toEqual({ kind: "neuron", layer: 0, index: 1, pinned: true });
  });

  test("starts over with a new network, and drops a missing point", () => {
    tool.value = "microscope";
    answer();
    scope.point.value = 9;
    scope.phase("update");
    run.value = running([2, 1], 5);
    expect([scope.point.value, scope.stageIndex.value, scope.details.value]).toEqual([
      null,
      0,
      null,
    ]);
    expect(scope.stages.value).toHaveLength(4);
  });

  test("picks a point on click only while it is open", () => {
    expect(scope.pickPoint(0, 0)).toBe(false);
    tool.value = "microscope";
    expect(scope.pickPoint(0, 0)).toBe(true);
    expect(scope.point.value).toBe(0);
  });
});
