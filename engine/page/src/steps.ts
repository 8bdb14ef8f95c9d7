// What a step did, in a sentence.
import { type Gradient, type Node, type Trace, count, isSummary, opText, sizesText } from "./document";
import { type Drawing, type Fold, type Moment, reshapes } from "./graph";
import { flat } from "./heat";
import { nameOf, outputText } from "./words";

// `part`: what the subgraphs are that are folded into one.
export function stepText(trace: Trace, drawing: Drawing, moment: Moment, fold: Fold | null, part: string): string {
  const { timeline, phase, current } = moment;
  if (phase === "start") return `Nothing has run: only the leaves have values. ${timeline.forward} ops are to come.`;
  if (current === null) return "No pass has run.";
  const node = trace.nodes[current]!;
  const op = opText(node.grad_fn);
  const isOfSeveral = node.outputs.length > 1;
  const name = nameOf(trace, drawing, current, 0);
  const example = fold?.members.findIndex((members) => members.includes(current)) ?? -1;
  const where = example >= 0 ? ` (${part} ${example + 1})` : "";
  const quoted = `“${name}”`;
  const isReshape = reshapes.test(node.grad_fn);
  // Drawn with the op after it, it is another tensor's shape that it changes.
  const from = node.inputs[0]?.node ?? null;
  const isApart = isReshape && from !== null && drawing.owner.get(from) !== drawing.owner.get(current);
  const taken = isApart ? `“${nameOf(trace, drawing, from, node.inputs[0]!.output ?? 0)}”` : quoted;
  if (phase === "forward") {
    const at = Math.min(moment.position, timeline.forward);
    const done = at === timeline.forward ? " The forward pass is over." : "";
    const sizes = sizesText(node.outputs[0]!.sizes);
    const what = isOfSeveral
      ? `${op} makes ${outputsText(node)}`
      : isReshape
        ? `${op} gives ${taken} another shape, ${sizes}`
        : `${op} makes ${name === op ? "" : `${quoted}, `}${sizes}`;
    return `Forward, ${at} of ${timeline.forward}${where}: ${what}.${done}`;
  }
  const start = `Backward, ${moment.steps} of ${timeline.steps}${where}: `;
  const done = moment.isOver ? " The backward pass is over." : "";
  if (node.leaf) return `${start}the gradient of the leaf ${quoted} is complete, and becomes its grad.${done}`;
  if (isReshape) {
    const which = isApart ? `on to ${taken}` : `of ${quoted} on`;
    return `${start}${op} passes the gradient ${which}, in another shape.${done}`;
  }
  const ends = node.inputs.map((input) => {
    const to = input.node === null ? input.tensor?.name : nameOf(trace, drawing, input.node, input.output ?? 0);
    if (input.node === null)
      return input.kind === "frozen" ? `nothing to “${to || "a frozen input"}”, which is frozen` : "";
    const { state } = input.gradient;
    return state === "absent"
      ? `nothing to “${to}”`
      : state === "zero"
        ? `zeros to “${to}”`
        : `numbers to “${to}”${zeros(input.gradient)}`;
  });
  const arrived = isOfSeveral ? gradientsText(node) : `the gradient of ${quoted} is complete`;
  return `${start}${arrived}; ${op} sends ${listed(ends)}.${done}`;
}

// “a”, 2 × 3, and “output 1”, 4 × 3
const outputsText = (node: Node): string =>
  listed(node.outputs.map(({ sizes }, k) => `“${outputText(node, k)}”, ${sizesText(sizes)}`));

function gradientsText(node: Node): string {
  const without = node.outputs.flatMap(({ gradient }, k) => (gradient.state === "absent" ? [k] : []));
  const all = `the gradients of its ${node.outputs.length} outputs are complete`;
  return without.length === 0 ? all : `${all} (none came to ${listed(without.map((k) => `“${outputText(node, k)}”`))})`;
}

function zeros({ values }: Gradient): string {
  if (values === null || isSummary(values)) return "";
  const all = flat(values);
  const found = all.filter((value) => value === 0).length;
  return found === 0 ? "" : ` (exactly zero in ${found} of ${count(all.length, "place", "places")})`;
}

// Each once: "a, b and c".
function listed(items: string[]): string {
  const different = [...new Set(items.filter(Boolean))];
  const shown = different.length > 4 ? [...different.slice(0, 3), `${different.length - 3} others`] : different;
  return shown.length < 2 ? (shown[0] ?? "nothing") : `${shown.slice(0, -1).join(", ")} and ${shown[shown.length - 1]}`;
}
