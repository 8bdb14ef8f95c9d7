// A trace as it is stepped through and drawn: what is known at each position; equal subgraphs folded into one; ops that
// only reshape drawn with the op next to them.
import type { Gradient, Input, Node, State, Trace } from "./document";

// ---- positions ----

// Position 0 is before the forward pass, `forward` after it, `forward + steps` at the end of the backward pass.
export interface Timeline {
  order: number[]; // the ops in the order in which forward ran them
  forward: number;
  steps: number;
}

export function timelineOf(trace: Trace): Timeline {
  const order = trace.nodes.flatMap((node, i) => (node.leaf ? [] : [i])).reverse();
  return { order, forward: order.length, steps: trace.steps.length };
}

const pending: Gradient = { state: "pending", values: null };
const absent: Gradient = { state: "absent", values: null };

// The trace as it was at one position. It shows what the engine recorded, and works nothing out.
export class Moment {
  readonly phase: "start" | "forward" | "backward";
  readonly current: number | null; // the node that the last step was of
  readonly steps: number; // of the backward pass that were taken
  private readonly made: Set<number>;

  constructor(
    readonly trace: Trace,
    readonly timeline: Timeline,
    readonly position: number,
  ) {
    const { order, forward } = timeline;
    this.phase = position === 0 ? "start" : position <= forward ? "forward" : "backward";
    this.steps = Math.max(0, position - forward);
    this.made = new Set(order.slice(0, Math.min(position, forward)));
    this.current =
      position === 0 ? null : ((position <= forward ? order[position - 1] : trace.steps[this.steps - 1]) ?? null);
  }

  get isOver(): boolean {
    return this.phase === "backward" && this.steps === this.timeline.steps && this.trace.complete;
  }
  hasValue(i: number): boolean {
    return this.made.has(i) || !!this.trace.nodes[i]?.leaf;
  }
  hasRun(i: number): boolean {
    const step = this.trace.nodes[i]?.step ?? null;
    return step !== null && step < this.steps;
  }
  // Of a node's output; of a leaf, the grad that it has now.
  gradient(i: number, output = 0): Gradient {
    const node = this.trace.nodes[i];
    if (!node) return absent;
    if (node.leaf) return this.hasRun(i) ? node.leaf.grad : this.isOver ? node.leaf.grad_before : pending;
    if (!this.hasRun(i)) return this.isOver ? absent : pending;
    return node.outputs[output]?.gradient ?? absent;
  }
  // What flowed along the edge from node i to its input.
  flow(i: number, input: Input): Gradient {
    if (this.phase !== "backward") return pending;
    if (input.node === null) return absent;
    return this.hasRun(i) ? input.gradient : this.isOver ? absent : pending;
  }
}

// ---- folding ----

// Subgraphs that are equal but for shapes, all of which one node puts together: one per example of the batch.
export interface Fold {
  join: number;
  members: number[][]; // of each example, its nodes; those at the same place correspond
}

function consumersOf(nodes: Node[]): number[][] {
  const consumers: number[][] = nodes.map(() => []);
  nodes.forEach((node, i) => node.inputs.forEach((input) => input.node !== null && consumers[input.node]?.push(i)));
  return consumers;
}

function reachable(nodes: Node[], from: number): Set<number> {
  const found = new Set([from]);
  for (const i of found) for (const input of nodes[i]?.inputs ?? []) if (input.node !== null) found.add(input.node);
  return found;
}

function signature(nodes: Node[], members: number[]): string {
  const place = new Map(members.map((i, k) => [i, k]));
  return members
    .map((i) => {
      const inputs = nodes[i]!.inputs.map((input) =>
        input.node === null
          ? `${input.kind}:${input.tensor?.name ?? ""}`
          : place.has(input.node)
            ? `in${place.get(input.node)}.${input.output}`
            : `out${input.node}.${input.output}`,
      );
      return `${nodes[i]!.grad_fn}(${inputs.join()})`;
    })
    .join(";");
}

export function findFold(trace: Trace): Fold | null {
  const { nodes } = trace;
  const consumers = consumersOf(nodes);
  let best: Fold | null = null;
  nodes.forEach((node, join) => {
    const roots = [...new Set(node.inputs.flatMap((input) => (input.kind === "op" ? [input.node!] : [])))];
    if (roots.length < 2 || !/^(Stack|Cat)/.test(node.grad_fn) || (best && best.members.length >= roots.length)) return;
    const reach = roots.map((root) => reachable(nodes, root));
    const times = new Map<number, number>();
    for (const set of reach) for (const i of set) times.set(i, (times.get(i) ?? 0) + 1);
    const classes = new Map<string, number[][]>();
    for (const set of reach) {
      const own = new Set([...set].filter((i) => times.get(i) === 1 && !nodes[i]!.leaf));
      // Consumers come before what they consume.
      for (const i of [...own].sort((a, b) => a - b))
        if (consumers[i]!.some((consumer) => consumer !== join && !own.has(consumer))) own.delete(i);
      const members = [...own].sort((a, b) => a - b);
      if (members.length < 2) continue;
      const key = signature(nodes, members);
      classes.set(key, [...(classes.get(key) ?? []), members]);
    }
    for (const members of classes.values())
      if (members.length > 1 && members.length > (best?.members.length ?? 1)) best = { join, members };
  });
  return best;
}

// ---- what is drawn ----

export const reshapes = /^(View|UnsafeView|ReshapeAlias|Squeeze|Unsqueeze|T|Transpose|Permute|Alias)Backward\d*$/;

export interface Drawn {
  key: string;
  kind: "op" | "trainable" | "frozen" | "constant";
  nodes: number[]; // of the trace, the one that names it first, then those that only reshape for it or after it
  shown: number; // whose output is shown
  input: Input | null; // of what is no node: a dropped edge's end
  outputs: number; // of the node that is shown
  examples: number; // how many are folded into this one; 1: none
}
export interface DrawnEdge {
  key: string;
  from: string; // the producer
  to: string;
  node: number; // the node whose input it is
  input: Input;
}
export interface Drawing {
  nodes: Drawn[];
  edges: DrawnEdge[];
  owner: Map<number, string>; // by which each node of the trace is drawn
  left_out: number;
}

const mostDrawn = 200;
const drawnAround = 40;

// `example`: which one of the fold is drawn; null: all.
export function draw(trace: Trace, fold: Fold | null, example: number | null, current: number | null): Drawing {
  const { nodes } = trace;
  const consumers = consumersOf(nodes);
  const exampleOf = new Map<number, number>();
  fold?.members.forEach((members, e) => members.forEach((i) => exampleOf.set(i, e)));
  const isHidden = (i: number) => example !== null && exampleOf.has(i) && exampleOf.get(i) !== example;

  // Ops that only reshape go to the op before them, if no other needs its output, else to the one after.
  const head = nodes.map((_, i) => i);
  const find = (i: number): number => (head[i] === i ? i : find(head[i]!));
  const seen = (list: number[]) => list.filter((i) => !isHidden(i));
  for (let i = nodes.length - 1; i >= 0; --i) {
    const node = nodes[i]!;
    const input = node.inputs[0]?.node ?? null;
    if (isHidden(i) || input === null || !reshapes.test(node.grad_fn)) continue;
    const after = seen(consumers[i]!);
    const isOnly = nodes[input]!.outputs.length === 1 && seen(consumers[input]!).length === 1;
    if (!nodes[input]!.leaf && isOnly && exampleOf.get(i) === exampleOf.get(input)) head[i] = find(input);
    else if (after.length === 1 && exampleOf.get(i) === exampleOf.get(after[0]!)) head[i] = after[0]!;
  }
  const groups = new Map<number, number[]>();
  nodes.forEach((_, i) => {
    if (isHidden(i)) return;
    const top = find(i);
    groups.set(top, [...(groups.get(top) ?? []), i]);
  });

  let drawn: Drawn[] = [];
  const edges: DrawnEdge[] = [];
  const owner = new Map<number, string>();
  for (const [top, members] of groups) {
    const folded = example !== null && exampleOf.has(top);
    const key = folded ? `fold-${fold!.members[example]!.indexOf(top)}` : `node-${top}`;
    members.forEach((i) => owner.set(i, key));
    const node = nodes[top]!;
    const shown = shownOf(
      nodes,
      members.filter((i) => i <= top),
    );
    drawn.push({
      key,
      kind: node.leaf ? (node.leaf.trainable ? "trainable" : "frozen") : "op",
      nodes: [top, ...members.filter((i) => i !== top)],
      shown,
      outputs: nodes[shown]!.outputs.length,
      input: null,
      examples: folded ? fold!.members.length : 1,
    });
  }
  if (example !== null)
    // the others stand behind the one that is drawn
    fold?.members.forEach((members) => members.forEach((i, k) => owner.set(i, owner.get(fold.members[example]![k]!)!)));

  let left_out = 0;
  if (drawn.length > mostDrawn) {
    const middle = drawn.findIndex((one) => one.key === (current === null ? null : owner.get(current)));
    const start = Math.max(
      0,
      Math.min(drawn.length - drawnAround, (middle < 0 ? drawn.length : middle) - drawnAround / 2),
    );
    left_out = drawn.length - drawnAround;
    drawn = drawn.slice(start, start + drawnAround);
  }
  const isDrawn = new Set(drawn.map((one) => one.key));

  for (const one of [...drawn])
    for (const i of one.nodes)
      nodes[i]!.inputs.forEach((input, k) => {
        const key = `${one.key}-${one.nodes.indexOf(i)}-${k}`;
        if (input.node === null) {
          if (input.kind !== "frozen") return; // a constant of which nothing is known
          drawn.push({ key, kind: input.kind, nodes: [], shown: -1, outputs: 1, input, examples: one.examples });
          edges.push({ key: `edge-${key}`, from: key, to: one.key, node: i, input });
          return;
        }
        const from = owner.get(input.node);
        if (from === undefined || from === one.key || !isDrawn.has(from) || isHidden(input.node)) return;
        edges.push({ key: `edge-${key}`, from, to: one.key, node: i, input });
      });
  return { nodes: drawn, edges, owner, left_out };
}

// The last that has a name, or else the last.
function shownOf(nodes: Node[], members: number[]): number {
  const named = members.filter((i) => nodes[i]!.outputs.some((output) => output.name));
  return Math.min(...(named.length > 0 ? named : members));
}

export const stateText: Record<State, string> = {
  pending: "not there yet",
  absent: "absent: nobody works it out",
  zero: "exactly zero",
  number: "a number",
};
