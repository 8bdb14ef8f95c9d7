// What the ops do, and what things are called, in words.
import { type Input, type Lesson, type Node, type Trace, count, opText } from "./document";
import type { Drawn, Drawing } from "./graph";

// Of any program.
const factors = "Backward, each factor gets the gradient times the other one";
const part = "Backward, its gradient goes back to its place, and the rest gets zeros.";
const apart = "Backward, the gradients of the parts are put together; a part without one counts as zeros.";
const joins = "Backward, each of them gets its own part of the gradient.";
const said: Record<string, string> = {
  "index select": "picks entries by their numbers. Backward, each gradient goes back to its place, and adds up there.",
  embedding: "looks rows up. Backward, each row’s gradient goes back to its place, and adds up there.",
  mm: `multiplies matrices. ${factors}, transposed.`,
  bmm: `multiplies matrices, pair by pair. ${factors}, transposed.`,
  mv: `multiplies a matrix and a vector. ${factors}.`,
  dot: `multiplies two vectors, and adds up. ${factors}.`,
  mul: `multiplies. ${factors}.`,
  add: "adds. Backward, the gradient goes on to both as it is.",
  sub: "subtracts. Backward, the gradient goes on as it is, and with its sign turned to what was subtracted.",
  div: "divides. Backward, the gradient is divided as well.",
  neg: "turns the sign. Backward, so does the gradient.",
  exp: "raises e to each number. Backward, the gradient is multiplied by the result.",
  log: "takes logarithms. Backward, the gradient is divided by what came in.",
  tanh: "bends each number into (−1, 1). Backward, the gradient is scaled by 1 − tanh².",
  sigmoid: "bends each number into (0, 1). Backward, the gradient is scaled by y (1 − y).",
  relu: "keeps what is above 0, and makes the rest 0. Backward, the gradient goes on where a number was kept.",
  softmax: "makes weights that sum to 1. Backward, weights of 0 pass nothing on.",
  "masked fill": "puts one number in the masked places. Backward, those get a gradient of exactly zero.",
  cat: `joins tensors. ${joins}`,
  stack: `puts tensors together, along a new dimension. ${joins}`,
  split: `takes a tensor apart. ${apart}`,
  "split with sizes": `takes a tensor apart. ${apart}`,
  unbind: `takes a tensor apart, along a dimension. ${apart}`,
  select: `takes one entry of a dimension. ${part}`,
  slice: `takes a part. ${part}`,
  narrow: `takes a part. ${part}`,
  sum: "adds up. Backward, all that was added gets the same gradient.",
  mean: "takes the mean. Backward, all that it is of gets the same gradient, divided by their number.",
  "accumulate grad": "is where the gradient ends: it is added to the leaf’s grad.",
};

// A lesson may have better ones for its program.
export const sentenceOf = (node: Node, lesson: Lesson): string =>
  lesson.ops?.[node.grad_fn] ?? said[opText(node.grad_fn)] ?? "";

// What the equal subgraphs are that are folded into one.
export const partText = (lesson: Lesson): string => (lesson.batch ? "example" : "part");

// Of what is no node: the end of a dropped edge.
export const inputKindText = (input: Input): string => input.unrecorded ?? input.kind;

// The name of what is drawn: the tensor's own, or that of its op.
export function titleOf(trace: Trace, drawn: Drawn): string {
  if (drawn.input) return drawn.input.tensor?.name || inputKindText(drawn.input);
  const node = trace.nodes[drawn.shown]!;
  const name = node.outputs.length === 1 ? node.outputs[0]!.name : "";
  if (name) return name;
  return node.leaf ? "a leaf" : opText(trace.nodes[drawn.nodes[0]!]!.grad_fn);
}
export function kindText(trace: Trace, drawn: Drawn): string {
  if (drawn.input) return inputKindText(drawn.input);
  if (drawn.kind !== "op") return drawn.kind;
  const op = opText(trace.nodes[drawn.nodes[0]!]!.grad_fn);
  return drawn.outputs === 1 ? op : count(drawn.outputs, "output", "outputs");
}

export const outputText = (node: Node, k: number): string => node.outputs[k]?.name || `output ${k}`;

// Of one output of node i.
export function nameOf(trace: Trace, drawing: Drawing, i: number, output: number): string {
  const node = trace.nodes[i];
  const own = node?.outputs[output]?.name;
  if (own) return own;
  const drawn = drawing.nodes.find((one) => one.key === drawing.owner.get(i));
  const title = drawn ? titleOf(trace, drawn) : opText(node?.grad_fn ?? "");
  return node && node.outputs.length > 1 ? `${title}, output ${output}` : title;
}
