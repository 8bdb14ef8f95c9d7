// The nodes and edges of a graph, drawn.
import { curveBasis, line } from "d3-shape";
import { type Gradient, isSummary } from "./document";
import { type Drawn, type DrawnEdge, stateText } from "./graph";
import { EmptyMap, HeatMap, type Place, StateMap } from "./heat";
import { type Layout, type Point, nodeHeight, nodeWidth, stripHeight, stripWidth } from "./layout";
import { type Shown, axesAt } from "./numbers";
import { kindText, titleOf } from "./words";

const path = line<Point>(
  (point) => point.x,
  (point) => point.y,
).curve(curveBasis);
const mapWidth = 46;
const mapHeight = 15;

function GradientMap({ gradient, shown, node, at }: { gradient: Gradient; shown: Shown; node: number; at: Place }) {
  const { state, values } = gradient;
  if (state !== "number") return <StateMap state={state} at={at} />;
  if (values === null || isSummary(values)) return <EmptyMap at={at} />;
  const sizes = shown.trace.nodes[node]!.outputs[0]!.sizes;
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
  return (
    <g
      class={`edge ${state}${isCurrent ? " current" : ""}`}
      onPointerEnter={() => onPoint(edge.to)}
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
            <GradientMap gradient={flow} shown={shown} node={edge.input.node} at={at} />
          )}
        </>
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
  at: Point;
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
  const y = at.y - nodeHeight / 2;
  const title = titleOf(trace, drawn);
  const kind = kindText(trace, drawn);
  const node = trace.nodes[drawn.shown];
  const sizes = node?.outputs[0]?.sizes ?? drawn.input?.tensor?.sizes ?? [];
  const made = !node || moment.hasValue(drawn.shown);
  const gradient: Gradient = node ? moment.gradient(drawn.shown) : { state: "absent", values: null };
  const showsGradient = moment.phase === "backward";
  const values = node?.outputs[0]?.values ?? null;
  const mapX = x + nodeWidth - mapWidth - (drawn.kind === "trainable" ? 12 : 7);
  const valueAt = { x: mapX, y: y + 6, width: mapWidth, height: mapHeight };
  const gradientAt = { x: mapX, y: y + 6 + mapHeight + 4, width: mapWidth, height: mapHeight };
  // What stands in the box, and then what it shows by shape and colour.
  const first = clipped(title, 14);
  const second = title === kind ? sizes.join("×") || "a number" : clipped(`${kind} ${sizes.join("×")}`.trim(), 19);
  const folded = drawn.examples > 1 ? `×${drawn.examples}` : "";
  const words = [
    [first, second, folded].filter(Boolean).join(", "),
    first === title ? "" : title,
    made ? "its value is there" : "no value yet",
    `gradient ${stateText[gradient.state]}`,
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
        onPointerEnter={() => onPoint(drawn.key)}
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
            <rect class="behind" x={x + 6} y={y - 6} width={nodeWidth} height={nodeHeight} rx="7" />
            <rect class="behind" x={x + 3} y={y - 3} width={nodeWidth} height={nodeHeight} rx="7" />
          </>
        )}
        <rect class="box" x={x} y={y} width={nodeWidth} height={nodeHeight} rx={drawn.kind === "trainable" ? 18 : 7} />
        <text class="title" x={x + 11} y={y + 20}>
          {first}{" "}
        </text>
        <text class="kind" x={x + 11} y={y + 38}>
          {second}{" "}
        </text>
        {node && made && values !== null && (
          <HeatMap values={values} sizes={sizes} axes={axesAt(shown, drawn.shown, sizes)} at={valueAt} />
        )}
        {node && made && values === null && <EmptyMap at={valueAt} />}
        {node && !made && <StateMap state="pending" at={valueAt} />}
        {showsGradient && <GradientMap gradient={gradient} shown={shown} node={drawn.shown} at={gradientAt} />}
      </g>
      {drawn.examples > 1 && (
        <text class="examples" x={x + nodeWidth + 9} y={y + 4}>
          {folded}
        </text>
      )}
    </g>
  );
}

function clipped(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : characters.slice(0, most - 1).join("") + "…";
}
