// One graph: drawn in layers, at one moment of its passes, with the numbers of what is pointed at.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { tellingExample } from "./axes";
import { type Lesson, type Trace, count } from "./document";
import { Edge, NodeView } from "./drawn";
import { type Drawing, type Fold, Moment, type Timeline, draw, findFold } from "./graph";
import { layOut } from "./layout";
import { NodeList } from "./node_list";
import { Numbers, type Shown } from "./numbers";
import { Popover } from "./popover";
import { partText } from "./words";

export function useFold(trace: Trace): Fold | null {
  return useMemo(() => findFold(trace), [trace]);
}

export function GraphView(props: {
  id: string;
  name: string;
  trace: Trace;
  timeline: Timeline;
  position: number;
  lesson: Lesson;
  fold: Fold | null;
}) {
  const { id, name, trace, timeline, position, lesson, fold } = props;
  const part = partText(lesson);
  const moment = useMemo(() => new Moment(trace, timeline, position), [trace, timeline, position]);
  const [chosen, setChosen] = useState<number | null>(null); // an example; null: as they run
  const [unfolded, setUnfolded] = useState(false);
  const [selected, setSelected] = useState<string | null>(null);
  const [hovered, setHovered] = useState<string | null>(null);
  const [zoom, setZoom] = useState<number | null>(null); // null: as fits

  const exampleOf = useMemo(() => {
    const found = new Map<number, number>();
    fold?.members.forEach((members, e) => members.forEach((i) => found.set(i, e)));
    return found;
  }, [fold]);
  // The example that runs; where none does, one that tells most.
  const running = fold && (exampleOf.get(moment.current ?? -1) ?? tellingExample(lesson.batch ?? null));
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
  const shown: Shown = { trace, moment, drawing, lesson, example, exampleOf };

  const currentKey =
    moment.current === null ||
    (chosen !== null && exampleOf.has(moment.current) && exampleOf.get(moment.current) !== chosen)
      ? null
      : (drawing.owner.get(moment.current) ?? null);
  const current = drawing.nodes.find((one) => one.key === currentKey) ?? null;

  // ---- panning and zooming ----
  const scroller = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState<Room>({ width: 600, height: 600 });
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
  const popover = hovered === null ? null : (drawing.nodes.find((one) => one.key === hovered) ?? null);
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
      <div class="tools">
        {fold && (
          <>
            <label>
              <input type="checkbox" checked={!unfolded} onChange={() => setUnfolded(!unfolded)} /> fold{" "}
              {count(fold.members.length, part, `${part}s`)} into one
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
                  <option value="run">as they run: {(running ?? 0) + 1}</option>
                  {fold.members.map((_, e) => (
                    <option value={e}>
                      {part} {e + 1}
                    </option>
                  ))}
                </select>
              </label>
            )}
          </>
        )}
        <div class="zoom" role="group" aria-label="Zoom">
          <button type="button" aria-label="Zoom in" onClick={() => setZoom(Math.min(3, scale * 1.2))}>
            +
          </button>
          <button type="button" aria-label="Zoom out" onClick={() => setZoom(Math.max(0.2, scale / 1.2))}>
            −
          </button>
          <button
            type="button"
            aria-pressed={zoom === fitting}
            onClick={() => setZoom(zoom === fitting ? null : fitting)}
          >
            fit
          </button>
        </div>
      </div>
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
            aria-label={`${name}: the graph, inputs at the top. The arrow keys up and down go from node to node.`}
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
        {popover && (
          <Popover
            of={`${id}-${popover.key}`}
            neighbours={neighboursOf(drawing, popover.key).map((key) => `${id}-${key}`)}
          >
            <Numbers shown={shown} drawn={popover} limits={limitsIn(room)} brief />
          </Popover>
        )}
      </div>
      <div
        class="inspector"
        aria-label={`${name}, ${selected ? "the node that was chosen" : "the node of this step"}`}
        role="region"
      >
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

interface Room {
  width: number;
  height: number;
}

const neighboursOf = (drawing: Drawing, key: string): string[] =>
  drawing.edges.flatMap(({ from, to }) => (from === key ? [to] : to === key ? [from] : []));

// As many rows and columns of numbers as a popover has room for: of a value, and below it of its gradient.
function limitsIn({ width, height }: Room): { rows: number; columns: number } {
  const within = (count: number, most: number) => Math.max(1, Math.min(most, Math.floor(count)));
  return { rows: within((height - 180) / 2 / 22, 6), columns: within((width - 116) / 72, 8) };
}
