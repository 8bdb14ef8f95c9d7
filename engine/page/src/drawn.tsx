// The nodes and edges of a graph, drawn.
import { curveBasis, line } from "d3-shape";
import { type Gradient, type Node, isSummary, sizesText } from "./document";
import { type Drawn, type DrawnEdge, stateText } from "./graph";
import { EmptyMap, HeatMap, type Place, StateMap } from "./heat";
import { type Box, type Layout, type Point } from "./layout";
import { mostOutputs, nodeHeight, nodeWidth, outputHeight, stripHeight, stripWidth } from "./layout";
import { type Shown, axesAt } from "./numbers";
import { kindText, outputText, titleOf } from "./words";

const path = line<Point>(
  (point) => point.x,
  (point) => point.y,
).curve(curveBasis);
// A finger chooses, and does not point.
const isPointing = (event: PointerEvent): boolean => event.pointerType !== "touch";
const mapWidth = 46;
const mapHeight = 15;

// Of one output of a node.
interface OutputProps {
  shown: Shown;
  node: number;
  output: number;
  at: Place;
}

function ValueMap({ shown, node, output, at }: OutputProps) {
  if (!shown.moment.hasValue(node)) return <StateMap state="pending" at={at} />;
  const { values, sizes } = shown.trace.nodes[node]!.outputs[output]!;
  if (values === null) return <EmptyMap at={at} />;
  return <HeatMap values={values} sizes={sizes} axes={axesAt(shown, node, sizes)} at={at} />;
}

function GradientMap({ gradient, shown, node, output, at }: OutputProps & { gradient: Gradient }) {
  const { state, values } = gradient;
  if (state !== "number") return <StateMap state={state} at={at} />;
  if (values === null || isSummary(values)) return <EmptyMap at={at} />;
  const sizes = shown.trace.nodes[node]!.outputs[output]!.sizes;
  return <HeatMap values={values} sizes={sizes} axes={axesAt(shown, node, sizes)} at={at} />;
}

export function Edge(props: {
  edge: DrawnEdge;
  layout: Layout;
  shown: Shown;
  isCurrent: boolean;
  onPoint: (key: string | null) => void;
}) {
  const { edge, layout, shown, isCurrent, onPoint } = props;
  const points = layout.edges.get(edge.key);
  if (!points) return null;
  const { moment } = shown;
  const flow = moment.flow(edge.node, edge.input);
  const isBackward = moment.phase === "backward";
  const middle = middleOf(points);
  const at = { x: middle.x - stripWidth / 2, y: middle.y - stripHeight / 2, width: stripWidth, height: stripHeight };
  const made = edge.input.node === null || moment.hasValue(edge.input.node);
  const state = isBackward ? flow.state : made ? "made" : "pending";
  const marker = isBackward && (flow.state === "number" || flow.state === "zero");
  const output = edge.input.output ?? 0;
  const isOfSeveral = (shown.trace.nodes[edge.input.node ?? -1]?.outputs.length ?? 1) > 1;
  return (
    <g
      class={`edge ${state}${isCurrent ? " current" : ""}`}
      onPointerEnter={(event) => isPointing(event) && onPoint(edge.to)}
      onPointerLeave={() => onPoint(null)}
    >
      <path
        d={path(points) ?? ""}
        marker-end={isBackward ? undefined : "url(#forward)"}
        marker-start={marker ? "url(#backward)" : undefined}
      />
      {isBackward && flow.state !== "pending" && (
        <>
          <rect class="behind" {...at} />
          {edge.input.node === null ? (
            <StateMap state="absent" at={at} />
          ) : (
            <GradientMap gradient={flow} shown={shown} node={edge.input.node} output={output} at={at} />
          )}
        </>
      )}
      {isOfSeveral && (
        <text class="which" x={at.x + at.width + 4} y={middle.y + 4}>
          {output}
        </text>
      )}
    </g>
  );
}

function middleOf(points: Point[]): Point {
  const [a, b] = [points[Math.ceil(points.length / 2) - 1]!, points[Math.floor(points.length / 2)]!];
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

export function NodeView(props: {
  id: string;
  drawn: Drawn;
  shown: Shown;
  at: Box;
  isCurrent: boolean;
  isSelected: boolean;
  isFocusable: boolean;
  onPoint: (key: string | null) => void;
  onSelect: (key: string) => void;
  onMove: (by: number) => void;
}) {
  const { id, drawn, shown, at, isCurrent, isSelected, isFocusable, onPoint, onSelect, onMove } = props;
  const { trace, moment } = shown;
  const x = at.x - nodeWidth / 2;
  const y = at.y - at.height / 2;
  const title = titleOf(trace, drawn);
  const kind = kindText(trace, drawn);
  const node = trace.nodes[drawn.shown];
  const sizes = node?.outputs[0]?.sizes ?? drawn.input?.tensor?.sizes ?? [];
  const isOfSeveral = drawn.outputs > 1;
  const made = !node || moment.hasValue(drawn.shown);
  const showsGradient = moment.phase === "backward";
  const mapX = x + nodeWidth - mapWidth - (drawn.kind === "trainable" ? 12 : 7);
  const valueAt = { x: mapX, y: y + 6, width: mapWidth, height: mapHeight };
  const gradientAt = { x: mapX, y: y + 6 + mapHeight + 4, width: mapWidth, height: mapHeight };
  const one = { shown, node: drawn.shown, output: 0 };
  // What stands in the box, and then what it shows by shape and colour.
  const first = clipped(title, 14);
  const shape = isOfSeveral || sizes.length === 0 ? "" : sizes.length === 1 ? `size ${sizes[0]}` : sizes.join("×");
  const second = title === kind ? shape || "a number" : clipped([kind, shape].filter(Boolean).join(", "), 19);
  const folded = drawn.examples > 1 ? `×${drawn.examples}` : "";
  const words = [
    [first, second, ...(isOfSeveral ? outputLines(node!) : []), folded].filter(Boolean).join(", "),
    first === title ? "" : title,
    made ? "its value is there" : "no value yet",
    ...(node?.outputs ?? [null]).map((_, k) => {
      const which = isOfSeveral ? `${outputText(node!, k)}: ` : "";
      return `${which}gradient ${stateText[node ? moment.gradient(drawn.shown, k).state : "absent"]}`;
    }),
  ];
  return (
    <g>
      <g
        id={id}
        class={`node ${drawn.kind}${made ? "" : " unmade"}${isCurrent ? " now" : ""}${isSelected ? " selected" : ""}`}
        role="button"
        tabindex={isFocusable ? 0 : -1}
        aria-label={words.filter(Boolean).join("; ")}
        aria-pressed={isSelected}
        onPointerEnter={(event) => isPointing(event) && onPoint(drawn.key)}
        onPointerLeave={() => onPoint(null)}
        onFocus={(event) => event.currentTarget.matches(":focus-visible") && onPoint(drawn.key)}
        onBlur={() => onPoint(null)}
        onClick={() => onSelect(drawn.key)}
        onKeyDown={(event) => {
          if (event.key === "Enter" || event.key === " ") onSelect(drawn.key);
          else if (event.key === "ArrowDown") onMove(1);
          else if (event.key === "ArrowUp") onMove(-1);
          else if (event.key === "Escape") onPoint(null);
          else return;
          event.preventDefault();
        }}
      >
        {drawn.examples > 1 && (
          <>
            <rect class="behind" x={x + 6} y={y - 6} width={nodeWidth} height={at.height} rx="7" />
            <rect class="behind" x={x + 3} y={y - 3} width={nodeWidth} height={at.height} rx="7" />
          </>
        )}
        <rect class="box" x={x} y={y} width={nodeWidth} height={at.height} rx={drawn.kind === "trainable" ? 18 : 7} />
        <text class="title" x={x + 11} y={y + 20}>
          {first}{" "}
        </text>
        <text class="kind" x={x + 11} y={y + 38}>
          {second}{" "}
        </text>
        {node && !isOfSeveral && <ValueMap {...one} at={valueAt} />}
        {node && !isOfSeveral && showsGradient && (
          <GradientMap {...one} gradient={moment.gradient(drawn.shown)} at={gradientAt} />
        )}
        {!node && showsGradient && <StateMap state="absent" at={gradientAt} />}
        {isOfSeveral && <Outputs shown={shown} node={drawn.shown} x={x} y={y + nodeHeight - 4} />}
      </g>
      {drawn.examples > 1 && (
        <text class="examples" x={x + nodeWidth + 9} y={y + 4}>
          {folded}
        </text>
      )}
    </g>
  );
}

// What the lines of several outputs say.
function outputLines({ outputs }: Node): string[] {
  const lines = outputs
    .slice(0, mostOutputs)
    .map(({ name, sizes }, k) => clipped(name ? `${k} ${name}` : `${k}: ${sizesText(sizes)}`, 12));
  return outputs.length > mostOutputs ? [...lines, `and ${outputs.length - mostOutputs} more`] : lines;
}

// A line for each output: what it is called, its value, its gradient.
function Outputs({ shown, node, x, y }: { shown: Shown; node: number; x: number; y: number }) {
  const right = x + nodeWidth - mapWidth - 7;
  return (
    <>
      {outputLines(shown.trace.nodes[node]!).map((line, k) => {
        const at = { y: y + k * outputHeight, width: mapWidth, height: mapHeight };
        return (
          <>
            <text class="output" x={x + 11} y={at.y + 12}>
              {line}{" "}
            </text>
            {k < mostOutputs && (
              <ValueMap shown={shown} node={node} output={k} at={{ ...at, x: right - mapWidth - 4 }} />
            )}
            {k < mostOutputs && shown.moment.phase === "backward" && (
              <GradientMap
                gradient={shown.moment.gradient(node, k)}
                shown={shown}
                node={node}
                output={k}
                at={{ ...at, x: right }}
              />
            )}
          </>
        );
      })}
    </>
  );
}

function clipped(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : characters.slice(0, most - 1).join("") + "…";
}
