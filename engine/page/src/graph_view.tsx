// One graph: drawn in layers, at one moment of its passes, with the numbers of what is pointed at.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { curveBasis, line } from "d3-shape";
import { type Batch, type Gradient, type Trace, isSummary, opText, sizesText } from "./document";
import {
  type Drawing,
  type DrawnEdge,
  type Fold,
  type Drawn,
  Moment,
  type Timeline,
  draw,
  findFold,
  stateText,
} from "./graph";
import { EmptyMap, HeatMap, StateMap } from "./heat";
import { type Layout, type Point, layOut, nodeHeight, nodeWidth, stripHeight, stripWidth } from "./layout";
import { Numbers, type Shown, axesAt } from "./numbers";
import { kindText, nameOf, sentenceOf, titleOf } from "./words";

const path = line<Point>(
  (point) => point.x,
  (point) => point.y,
).curve(curveBasis);
const mapWidth = 44;
const mapHeight = 15;

export function useFold(trace: Trace): Fold | null {
  return useMemo(() => findFold(trace), [trace]);
}

// What the last step did, in a sentence.
export function stepText(trace: Trace, drawing: Drawing, moment: Moment, fold: Fold | null): string {
  const { timeline, phase, current } = moment;
  if (phase === "start") return `Nothing has run: only the leaves have values. ${timeline.forward} ops are to come.`;
  if (current === null) return "No pass has run.";
  const node = trace.nodes[current]!;
  const op = opText(node.grad_fn);
  const name = nameOf(trace, drawing, current);
  const example = fold?.members.findIndex((members) => members.includes(current)) ?? -1;
  const where = example >= 0 ? ` (example ${example + 1})` : "";
  if (phase === "forward") {
    const at = Math.min(moment.position, timeline.forward);
    const done = at === timeline.forward ? " The forward pass is over." : "";
    return `Forward, ${at} of ${timeline.forward}${where}: ${op} makes ${node.outputs[0]!.name ? `“${name}”, ` : ""}${sizesText(node.outputs[0]!.sizes)}.${done}`;
  }
  const start = `Backward, ${moment.steps} of ${timeline.steps}${where}: `;
  const done = moment.isOver ? " The backward pass is over." : "";
  if (node.leaf) return `${start}the gradient of the leaf “${name}” is complete, and added to its grad.${done}`;
  const ends = node.inputs.map((input) => {
    const to = input.node === null ? input.tensor?.name || input.kind : nameOf(trace, drawing, input.node);
    return `${to}: ${input.node === null ? "absent" : input.gradient.state}`;
  });
  return `${start}the gradient of “${name}” goes through ${op}, on to ${ends.join("; ")}.${done}`;
}

export function GraphView(props: {
  id: string;
  trace: Trace;
  timeline: Timeline;
  position: number;
  batch: Batch | null;
  fold: Fold | null;
}) {
  const { id, trace, timeline, position, batch, fold } = props;
  const moment = useMemo(() => new Moment(trace, timeline, position), [trace, timeline, position]);
  const [chosen, setChosen] = useState<number | null>(null); // an example; null: the one that runs
  const [unfolded, setUnfolded] = useState(false);
  const [selected, setSelected] = useState<string | null>(null);
  const [hovered, setHovered] = useState<string | null>(null);
  const [zoom, setZoom] = useState<number | null>(null); // null: as fits

  const exampleOf = useMemo(() => {
    const found = new Map<number, number>();
    fold?.members.forEach((members, e) => members.forEach((i) => found.set(i, e)));
    return found;
  }, [fold]);
  // The example that runs, or ran last.
  const running = useMemo(() => {
    if (!fold) return null;
    for (let p = position; p > 0; --p) {
      const e = exampleOf.get(new Moment(trace, timeline, p).current ?? -1);
      if (e !== undefined) return e;
    }
    return 0;
  }, [fold, exampleOf, trace, timeline, position]);
  const example = fold && !unfolded ? (chosen ?? running) : null;
  const isWindowed = trace.nodes.length > 200;
  const drawing = useMemo(
    () => draw(trace, fold, example, isWindowed ? moment.current : null),
    [trace, fold, example, isWindowed ? moment.current : null],
  );
  const shape = useMemo(
    () => drawing.nodes.map((one) => one.key).join() + drawing.edges.map((e) => e.key).join(),
    [drawing],
  );
  const layout = useMemo(() => layOut(drawing), [shape]);
  const shown: Shown = { trace, moment, drawing, batch, example, exampleOf };

  const currentKey =
    moment.current === null ||
    (chosen !== null && exampleOf.has(moment.current) && exampleOf.get(moment.current) !== chosen)
      ? null
      : (drawing.owner.get(moment.current) ?? null);
  const current = drawing.nodes.find((one) => one.key === currentKey) ?? null;

  // ---- panning and zooming ----
  const scroller = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState({ width: 600, height: 600 });
  useLayoutEffect(() => {
    const element = scroller.current!;
    const measure = () => setRoom({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const fitting = Math.min(room.width / layout.width, room.height / layout.height);
  const scale = zoom ?? Math.max(0.72, Math.min(1.25, fitting));
  const width = layout.width * scale;
  const height = layout.height * scale;
  useEffect(() => {
    const at = currentKey && layout.nodes.get(currentKey);
    const element = scroller.current;
    if (!at || !element) return;
    const left = at.x * scale - room.width / 2;
    const top = at.y * scale - room.height / 2;
    const margin = 60 * scale;
    const isIn = (place: number, start: number, length: number) =>
      place > start + margin && place < start + length - margin;
    if (!isIn(at.x * scale, element.scrollLeft, room.width)) element.scrollLeft = left;
    if (!isIn(at.y * scale, element.scrollTop, room.height)) element.scrollTop = top;
  }, [currentKey, layout, scale, room]);
  const drag = useRef<{ x: number; y: number } | null>(null);

  // ---- pointing ----
  const pointed = hovered ?? null;
  const popover = pointed === null ? null : (drawing.nodes.find((one) => one.key === pointed) ?? null);
  const inspected = drawing.nodes.find((one) => one.key === selected) ?? current;
  const order = drawing.nodes;
  const focusable = selected ?? currentKey ?? order[0]?.key;
  const move = (key: string, by: number) => {
    const next = order[order.findIndex((one) => one.key === key) + by];
    if (next) {
      setSelected(next.key);
      document.getElementById(`${id}-${next.key}`)?.focus();
    }
  };

  return (
    <div class="graph">
      {fold && (
        <div class="fold">
          <label>
            <input type="checkbox" checked={!unfolded} onChange={() => setUnfolded(!unfolded)} /> fold{" "}
            {fold.members.length} examples into one
          </label>
          {!unfolded && (
            <label>
              show{" "}
              <select
                value={chosen ?? "run"}
                onChange={(event) => {
                  const { value } = event.currentTarget;
                  setChosen(value === "run" ? null : Number(value));
                }}
              >
                <option value="run">the one that runs</option>
                {fold.members.map((_, e) => (
                  <option value={e}>example {e + 1}</option>
                ))}
              </select>
              <span class="running">example {(example ?? 0) + 1}</span>
            </label>
          )}
        </div>
      )}
      <div class="frame">
        <div
          class="scroller"
          ref={scroller}
          onPointerDown={(event) => {
            if (event.pointerType === "mouse" && event.button === 0)
              drag.current = { x: event.clientX, y: event.clientY };
          }}
          onPointerMove={(event) => {
            if (!drag.current || !scroller.current) return;
            scroller.current.scrollLeft -= event.clientX - drag.current.x;
            scroller.current.scrollTop -= event.clientY - drag.current.y;
            drag.current = { x: event.clientX, y: event.clientY };
          }}
          onPointerUp={() => (drag.current = null)}
          onPointerLeave={() => (drag.current = null)}
          onWheel={(event) => {
            if (!event.ctrlKey) return;
            event.preventDefault();
            setZoom(Math.max(0.2, Math.min(3, scale * Math.exp(-event.deltaY / 300))));
          }}
        >
          <svg
            role="group"
            aria-label="The graph, inputs at the top. Up and down go from node to node."
            width={width}
            height={height}
            viewBox={`0 0 ${layout.width} ${layout.height}`}
          >
            {drawing.edges.map((edge) => (
              <Edge
                key={edge.key}
                edge={edge}
                layout={layout}
                shown={shown}
                isCurrent={edge.to === currentKey}
                onPoint={setHovered}
              />
            ))}
            {drawing.nodes.map((drawn) => (
              <NodeView
                key={drawn.key}
                id={`${id}-${drawn.key}`}
                drawn={drawn}
                shown={shown}
                at={layout.nodes.get(drawn.key)!}
                isCurrent={drawn.key === currentKey}
                isSelected={drawn.key === selected}
                isFocusable={drawn.key === focusable}
                onPoint={setHovered}
                onSelect={(key) => setSelected(key === selected ? null : key)}
                onMove={(by) => move(drawn.key, by)}
              />
            ))}
          </svg>
        </div>
        {drawing.left_out > 0 && (
          <p class="left-out">
            {drawing.nodes.length} nodes around this step are drawn; {drawing.left_out} more are left out.
          </p>
        )}
        <div class="zoom" role="group" aria-label="Zoom">
          <button type="button" aria-label="Zoom in" onClick={() => setZoom(Math.min(3, scale * 1.2))}>
            +
          </button>
          <button type="button" aria-label="Zoom out" onClick={() => setZoom(Math.max(0.2, scale / 1.2))}>
            −
          </button>
          <button type="button" onClick={() => setZoom(zoom === null || zoom !== fitting ? fitting : null)}>
            fit
          </button>
        </div>
        {popover && (
          <Popover at={layout.nodes.get(popover.key)!} scale={scale} scroller={scroller.current} room={room}>
            <Numbers shown={shown} drawn={popover} limits={{ rows: 8, columns: 6 }} brief />
          </Popover>
        )}
      </div>
      <div class="inspector" aria-label={selected ? "The node that was chosen" : "The node of this step"} role="region">
        {inspected ? (
          <Numbers shown={shown} drawn={inspected} limits={{ rows: 24, columns: 16 }} brief={false} />
        ) : (
          <p class="none">Step forward, or choose a node, to see its numbers.</p>
        )}
        {selected && (
          <button type="button" onClick={() => setSelected(null)}>
            follow the steps again
          </button>
        )}
      </div>
      <NodeList shown={shown} />
    </div>
  );
}

function Popover(props: {
  at: Point;
  scale: number;
  scroller: HTMLDivElement | null;
  room: { width: number; height: number };
  children: preact.ComponentChildren;
}) {
  const { at, scale, scroller, room } = props;
  const x = at.x * scale - (scroller?.scrollLeft ?? 0) + centring(scroller);
  const y = at.y * scale - (scroller?.scrollTop ?? 0);
  const half = (nodeHeight / 2 + 10) * scale;
  const left = Math.max(0, Math.min(room.width - 330, x - 165));
  const style = y < room.height / 2 ? { left, top: y + half } : { left, bottom: room.height - y + half };
  return (
    <div class="popover" aria-hidden="true" style={style}>
      {props.children}
    </div>
  );
}
// The svg stands in the middle where it is narrower than its room.
function centring(scroller: HTMLDivElement | null): number {
  const svg = scroller?.firstElementChild;
  return svg instanceof SVGElement ? Math.max(0, (scroller!.clientWidth - svg.clientWidth) / 2) : 0;
}

function GradientMap({ gradient, shown, node, at }: { gradient: Gradient; shown: Shown; node: number; at: Rect }) {
  const { state, values } = gradient;
  if (state !== "number") return <StateMap state={state} at={at} />;
  if (values === null || isSummary(values)) return <EmptyMap at={at} text="large" />;
  const sizes = shown.trace.nodes[node]!.outputs[0]!.sizes;
  return <HeatMap values={values} sizes={sizes} axes={axesAt(shown, node, sizes)} at={at} />;
}
interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

function Edge(props: {
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
  const middle = points[Math.floor(points.length / 2)]!;
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

function NodeView(props: {
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
  const mapX = x + nodeWidth - mapWidth - 6;
  const valueAt = { x: mapX, y: y + 6, width: mapWidth, height: mapHeight };
  const gradientAt = { x: mapX, y: y + 6 + mapHeight + 4, width: mapWidth, height: mapHeight };
  const folded = drawn.examples > 1 ? `, one of ${drawn.examples} that are folded into this` : "";
  const words = `${title}, ${title === kind ? "" : `${kind}, `}${sizesText(sizes)}${folded}; ${made ? "its value is there" : "no value yet"}; gradient ${stateText[gradient.state]}`;
  return (
    <g
      id={id}
      class={`node ${drawn.kind}${made ? "" : " unmade"}${isCurrent ? " now" : ""}${isSelected ? " selected" : ""}`}
      role="button"
      tabIndex={isFocusable ? 0 : -1}
      aria-label={words}
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
      <rect class="box" x={x} y={y} width={nodeWidth} height={nodeHeight} rx={drawn.kind === "trainable" ? 22 : 7} />
      <text class="title" x={x + 11} y={y + 20}>
        {clipped(title, 15)}
      </text>
      <text class="kind" x={x + 11} y={y + 36}>
        {title === kind ? sizesText(sizes) : `${clipped(kind, 12)} ${sizes.join("×")}`}
      </text>
      {drawn.examples > 1 && (
        <text class="examples" x={x + nodeWidth + 10} y={y + 2}>
          ×{drawn.examples}
        </text>
      )}
      {node && made && values !== null && (
        <HeatMap values={values} sizes={sizes} axes={axesAt(shown, drawn.shown, sizes)} at={valueAt} />
      )}
      {node && made && values === null && <EmptyMap at={valueAt} text="large" />}
      {node && !made && <StateMap state="pending" at={valueAt} />}
      {showsGradient && <GradientMap gradient={gradient} shown={shown} node={drawn.shown} at={gradientAt} />}
    </g>
  );
}

function clipped(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : characters.slice(0, most - 1).join("") + "…";
}

// The same for those who would rather read.
function NodeList({ shown }: { shown: Shown }) {
  const { trace, moment, drawing } = shown;
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The nodes as a list</summary>
      {open && (
        <div class="scrolled" tabIndex={0} role="region" aria-label="The nodes as a list">
          <table>
            <thead>
              <tr>
                <th scope="col">tensor</th>
                <th scope="col">made by</th>
                <th scope="col">shape</th>
                <th scope="col">gradient</th>
                <th scope="col">what the op does</th>
              </tr>
            </thead>
            <tbody>
              {drawing.nodes.map((drawn) => {
                const node = trace.nodes[drawn.shown];
                const op = trace.nodes[drawn.nodes[0] ?? -1];
                const sizes = node?.outputs[0]?.sizes ?? drawn.input?.tensor?.sizes ?? [];
                const state = node ? moment.gradient(drawn.shown).state : "absent";
                return (
                  <tr>
                    <th scope="row">
                      <bdi>{titleOf(trace, drawn)}</bdi>
                    </th>
                    <td>{drawn.kind === "op" ? opText(op?.grad_fn ?? "") : drawn.kind}</td>
                    <td>{sizesText(sizes)}</td>
                    <td>
                      <span class={`badge ${state}`}>{stateText[state]}</span>
                    </td>
                    <td class="words">{op && !op.leaf ? sentenceOf(op) : ""}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
