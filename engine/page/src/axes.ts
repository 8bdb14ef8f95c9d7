// What the rows and columns of a tensor stand for: sequences, tokens, padding.
import type { Batch, Trace } from "./document";
import { reshapes } from "./graph";

// A tensor as rows and columns; of more than two dimensions, all but the last are put in one.
export interface Grid {
  rows: number;
  columns: number;
}
export function gridOf(sizes: number[]): Grid {
  if (sizes.length === 0) return { rows: 1, columns: 1 };
  const columns = sizes[sizes.length - 1]!;
  return { rows: sizes.slice(0, -1).reduce((a, b) => a * b, 1), columns };
}

export interface Axes {
  rowLabel: (row: number) => string;
  columnLabel: (column: number) => string;
  isPad: (row: number, column: number) => boolean;
  hasPads: boolean;
}

const plain: Axes = { rowLabel: (i) => `${i}`, columnLabel: (j) => `${j}`, isPad: () => false, hasPads: false };

// Where in an attention each node stands: before its weights, at them, or after, where tokens are summed up.
type Stage = "before" | "weights" | "after";
const stages = new WeakMap<Trace, Stage[]>();

function stageOf(trace: Trace, i: number): Stage {
  const known = stages.get(trace);
  if (known) return known[i]!;
  const found: Stage[] = trace.nodes.map(() => "before");
  for (let k = trace.nodes.length - 1; k >= 0; --k) {
    const { grad_fn, inputs } = trace.nodes[k]!;
    const before = inputs.map((input) => (input.node === null ? "before" : found[input.node]!));
    const isWeights = grad_fn.startsWith("Softmax") || (reshapes.test(grad_fn) && before[0] === "weights");
    if (isWeights) found[k] = "weights";
    else if (before.some((stage) => stage !== "before")) found[k] = "after";
  }
  stages.set(trace, found);
  return found[i]!;
}

// Of the output of node i. `example`: which sequence of the batch the node is about; null: all of them.
export function axesOf(trace: Trace, i: number, sizes: number[], batch: Batch | null, example: number | null): Axes {
  const node = trace.nodes[i];
  if (!batch || !node || node.leaf || batch.left_out?.positions || batch.left_out?.sequences) return plain;
  const time = batch.longest;
  const size = batch.tokens.length;
  const stage = stageOf(trace, i);
  if (stage === "after" || /^(T|Transpose|Permute)Backward/.test(node.grad_fn)) return plain;
  const real = (b: number) => batch.tokens[b]?.length ?? 0;
  const token = (b: number, t: number) => (t < real(b) ? (batch.tokens[b]?.[t] ?? "") : "pad");
  const is = (...wanted: (number | null)[]) =>
    sizes.length === wanted.length && wanted.every((want, k) => want === null || want === sizes[k]);

  if (example !== null) {
    const padded = real(example) < time;
    // Features may be as many as tokens: a row of tokens is what pads were put into.
    const isRow = stage === "weights" || /^(Cat|MaskedFill|Where)Backward/.test(node.grad_fn);
    if (isRow && (is(time) || is(1, time)))
      return {
        rowLabel: () => "",
        columnLabel: (t) => token(example, t),
        isPad: (_, t) => t >= real(example),
        hasPads: padded,
      };
    if (is(time, null) || is(real(example), null) || is(real(example)))
      return is(real(example)) && !is(time, null)
        ? { ...plain, columnLabel: (t) => token(example, t) }
        : { ...plain, rowLabel: (t) => token(example, t), isPad: (t) => t >= real(example), hasPads: padded };
    return plain;
  }
  const hasPads = batch.tokens.some((tokens) => tokens.length < time);
  if (is(size, time) || is(size, 1, time))
    return { rowLabel: (b) => `sequence ${b + 1}`, columnLabel: (t) => `${t}`, isPad: (b, t) => t >= real(b), hasPads };
  if (is(size, time, null) || is(size * time, null))
    return {
      rowLabel: (row) => `${Math.floor(row / time) + 1}: ${token(Math.floor(row / time), row % time)}`,
      columnLabel: (j) => `${j}`,
      isPad: (row) => row % time >= real(Math.floor(row / time)),
      hasPads,
    };
  return plain;
}

// The rectangles of the grid in which the padding lies, in cells.
export function padRectangles(grid: Grid, axes: Axes): { x: number; y: number; width: number; height: number }[] {
  if (!axes.hasPads) return [];
  const found: { x: number; y: number; width: number; height: number }[] = [];
  for (let row = 0; row < grid.rows; ++row) {
    let start = grid.columns;
    while (start > 0 && axes.isPad(row, start - 1)) --start;
    if (start === grid.columns) continue;
    const last = found[found.length - 1];
    if (last && last.x === start && last.y + last.height === row) ++last.height;
    else found.push({ x: start, y: row, width: grid.columns - start, height: 1 });
  }
  return found;
}

// The sequence to be shown where none is asked for: the first that has padding, and more than one token.
export function tellingExample(batch: Batch | null): number {
  const padded = (batch?.tokens ?? []).flatMap((tokens, b) => (tokens.length < batch!.longest ? [b] : []));
  return padded.find((b) => batch!.tokens[b]!.length > 1) ?? padded[0] ?? 0;
}
