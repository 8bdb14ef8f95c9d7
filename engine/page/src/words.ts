// What the ops do, in words.
import type { Drawn, Drawing } from "./graph";
import { type Node, type Trace, opText } from "./document";

const said: Record<string, string> = {
  "index select": "looks the tokens' rows up. Backward, each row's gradient goes back to its place, and adds up there.",
  mm: "multiplies matrices. Backward, each factor gets the gradient times the other one, transposed.",
  bmm: "multiplies matrices, one pair for each sequence: the weighted sum of its tokens.",
  add: "adds. Backward, the gradient goes on to both as it is.",
  tanh: "bends each number into (−1, 1). Backward, the gradient is scaled by 1 − tanh².",
  "masked fill": "puts −∞ in the pads' place. Backward, the pads get a gradient of exactly zero.",
  cat: "joins the real scores and the frozen pads. Backward, only the real scores are sent a gradient; the pads' part is dropped.",
  softmax: "makes weights of the scores, which sum to 1; −∞ becomes 0. Backward, weights of 0 pass nothing on.",
  stack: "puts the examples' results together. Backward, each example gets its own row of the gradient.",
  select: "takes one example out of the batch: from here on it has a graph of its own.",
  slice: "keeps the real tokens only.",
  mul: "multiplies. Backward, each factor gets the gradient times the other one.",
  sum: "adds all up. Backward, every element gets the same gradient.",
  div: "divides. Backward, the gradient is divided as well.",
  "accumulate grad": "is where the gradient ends: it is added to the leaf's grad.",
};

export const sentenceOf = (node: Node): string => said[opText(node.grad_fn)] ?? "";

// The name of what is drawn: the tensor's own, or that of its op.
export function titleOf(trace: Trace, drawn: Drawn): string {
  if (drawn.input) return drawn.input.tensor?.name || drawn.input.kind;
  const node = trace.nodes[drawn.shown]!;
  const name = node.outputs[0]?.name ?? "";
  if (name) return name;
  return node.leaf ? "a leaf" : opText(trace.nodes[drawn.nodes[0]!]!.grad_fn);
}
export function kindText(trace: Trace, drawn: Drawn): string {
  if (drawn.kind !== "op") return drawn.kind;
  return opText(trace.nodes[drawn.nodes[0]!]!.grad_fn);
}

export function nameOf(trace: Trace, drawing: Drawing, i: number): string {
  const own = trace.nodes[i]?.outputs[0]?.name;
  if (own) return own;
  const drawn = drawing.nodes.find((one) => one.key === drawing.owner.get(i));
  return drawn ? titleOf(trace, drawn) : opText(trace.nodes[i]?.grad_fn ?? "");
}
