// The page: graphs side by side, stepped through together, and what there is to say about the batch.
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { BatchView } from "./batch_view";
import { CostsView } from "./costs_view";
import { type Page, readDocument } from "./document";
import { type Fold, Moment, type Timeline, draw, timelineOf } from "./graph";
import { GraphView, useFold } from "./graph_view";
import { EmptyMap } from "./heat";
import { RowsView } from "./rows_view";
import { stepText } from "./steps";
import { NamesView, TableView } from "./table_view";
import { partText } from "./words";

// All graphs go forward together, and wait for each other before they go backward.
function positionOf(timeline: Timeline, shared: number, forward: number): number {
  return shared <= forward
    ? Math.min(shared, timeline.forward)
    : timeline.forward + Math.min(shared - forward, timeline.steps);
}

function App({ page }: { page: Page }) {
  const lesson = page.lesson ?? {};
  const batch = lesson.batch ?? null;
  const timelines = useMemo(() => page.graphs.map(({ trace }) => timelineOf(trace)), [page]);
  const folds = page.graphs.map(({ trace }) => useFold(trace));
  const forward = Math.max(0, ...timelines.map((timeline) => timeline.forward));
  const steps = Math.max(0, ...timelines.map((timeline) => timeline.steps));
  const last = forward + steps;
  const [position, setPosition] = useState(forward);
  const to = (next: number) => setPosition(Math.max(0, Math.min(last, next)));

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.altKey || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
      const isRegion = target.matches(".scroller, .scrolled, .matrix");
      if (event.key === "ArrowRight" && !isRegion) setPosition((now) => Math.min(last, now + 1));
      else if (event.key === "ArrowLeft" && !isRegion) setPosition((now) => Math.max(0, now - 1));
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [last]);

  const isNarrow = useMedia("(max-width: 600px)");
  const positions = timelines.map((timeline) => positionOf(timeline, position, forward));
  const phase = position === 0 ? "Before the first step" : position <= forward ? "Forward" : "Backward";
  const within = position <= forward ? `${position} of ${forward}` : `${position - forward} of ${steps}`;
  return (
    <>
      <header>
        <h1>{page.title}</h1>
        <details class="about" open={!isNarrow}>
          <summary>{page.about ? "What this is, and what the signs mean" : "What the signs mean"}</summary>
          {page.about && <p>{page.about}</p>}
          <Legend hasPads={!!batch} />
        </details>
      </header>
      <main>
        <section aria-labelledby="graphs-heading">
          <div class="heading">
            <h2 id="graphs-heading">{page.graphs.length > 1 ? "The graphs" : "The graph"}, step by step</h2>
            <p>
              Values flow down, then gradients flow up.
              <span> Step with the slider or the keys ← and →; point at a node for its numbers.</span>
            </p>
          </div>
          <div class="transport" role="group" aria-label="Steps">
            <button type="button" aria-label="To the start" disabled={position === 0} onClick={() => to(0)}>
              |←
            </button>
            <button type="button" aria-label="Back" disabled={position === 0} onClick={() => to(position - 1)}>
              ←<span> back</span>
            </button>
            <input
              id="step"
              type="range"
              min={0}
              max={last}
              value={position}
              aria-label="Step"
              aria-valuetext={`${phase}, ${within}`}
              style={{ "--forward": `${(100 * forward) / Math.max(1, last)}%` }}
              onInput={(event) => to(Number(event.currentTarget.value))}
            />
            <button type="button" aria-label="Next" disabled={position === last} onClick={() => to(position + 1)}>
              <span>next </span>→
            </button>
            <button type="button" aria-label="To the end" disabled={position === last} onClick={() => to(last)}>
              →|
            </button>
            <button
              type="button"
              class="phase"
              title="To the first step of the backward pass"
              disabled={steps === 0 || position === forward + 1}
              onClick={() => to(forward + 1)}
            >
              to backward
            </button>
            <output>
              <b>{phase}</b> {within}
            </output>
          </div>
          <div class={page.graphs.length > 1 ? "two graphs" : "graphs"}>
            {page.graphs.map(({ name, about, trace }, k) => (
              <article aria-labelledby={`graph-${k}`}>
                <div class="heading">
                  <h3 id={`graph-${k}`}>{name}</h3>
                  {about && <p>{about}</p>}
                </div>
                {trace.nodes.length === 0 ? (
                  <p class="step">It does not require a gradient, so there is no graph behind it.</p>
                ) : (
                  <>
                    <StepText
                      trace={trace}
                      timeline={timelines[k]!}
                      position={positions[k]!}
                      fold={folds[k]!}
                      part={partText(lesson)}
                    />
                    <GraphView
                      id={`g${k}`}
                      name={name}
                      trace={trace}
                      timeline={timelines[k]!}
                      position={positions[k]!}
                      lesson={lesson}
                      fold={folds[k]!}
                    />
                  </>
                )}
              </article>
            ))}
          </div>
        </section>
        {lesson.names && <NamesView table={lesson.names} />}
        {batch && <BatchView batch={batch} />}
        {lesson.rows && <RowsView rows={lesson.rows} />}
        {lesson.costs && <CostsView costs={lesson.costs} />}
        {(lesson.table || lesson.conclusions) && (
          <TableView table={lesson.table ?? null} conclusions={lesson.conclusions ?? null} />
        )}
      </main>
    </>
  );
}

function useMedia(query: string): boolean {
  const media = useMemo(() => matchMedia(query), [query]);
  const [matches, setMatches] = useState(media.matches);
  useEffect(() => {
    const onChange = () => setMatches(media.matches);
    media.addEventListener("change", onChange);
    return () => media.removeEventListener("change", onChange);
  }, [media]);
  return matches;
}

function StepText(props: {
  trace: Page["graphs"][number]["trace"];
  timeline: Timeline;
  position: number;
  fold: Fold | null;
  part: string;
}) {
  const { trace, timeline, position, fold, part } = props;
  const text = useMemo(() => {
    const moment = new Moment(trace, timeline, position);
    const e = fold?.members.findIndex((members) => members.includes(moment.current ?? -1)) ?? -1;
    return stepText(trace, draw(trace, fold, fold ? Math.max(0, e) : null, moment.current), moment, fold, part);
  }, [trace, timeline, position, fold, part]);
  return (
    <p class="step" aria-live="polite">
      {text}
    </p>
  );
}

function Legend({ hasPads }: { hasPads: boolean }) {
  const box = { x: 1, y: 1, width: 34, height: 14 };
  return (
    <ul class="legend">
      <li>
        <span class="ramp" aria-hidden="true" /> below 0, 0, above 0
      </li>
      <li>
        <svg width="36" height="16" aria-hidden="true">
          <rect class="legend-trainable" {...box} rx="7" />
        </svg>{" "}
        trainable leaf
      </li>
      <li>
        <svg width="36" height="16" aria-hidden="true">
          <rect class="legend-frozen" {...box} rx="2" />
        </svg>{" "}
        frozen
      </li>
      <li>
        <svg width="36" height="16" aria-hidden="true">
          <g class="state zero">
            <rect {...box} />
            <ellipse cx="18" cy="8" rx="3" ry="4.2" />
          </g>
        </svg>{" "}
        gradient exactly zero
      </li>
      <li>
        <svg width="36" height="16" aria-hidden="true">
          <g class="state absent">
            <rect {...box} />
            <path d="M1 1L35 15M1 15L35 1" />
          </g>
        </svg>{" "}
        gradient absent
      </li>
      <li>
        <svg width="36" height="16" aria-hidden="true">
          <rect class="state pending" {...box} />
        </svg>{" "}
        not there yet
      </li>
      <li>
        <svg width="36" height="16" aria-hidden="true">
          <EmptyMap at={box} />
        </svg>{" "}
        not kept, or too large
      </li>
      {hasPads && (
        <li>
          <svg width="36" height="16" aria-hidden="true">
            <rect {...box} fill="url(#hatch)" class="legend-pads" />
          </svg>{" "}
          padding
        </li>
      )}
    </ul>
  );
}

interface ArrowHeadProps {
  id: string;
  size: number;
  orient: string;
  look: string;
}

function ArrowHead({ id, size, orient, look }: ArrowHeadProps) {
  return (
    <marker
      id={id}
      viewBox="0 0 8 8"
      refX="7"
      refY="4"
      markerWidth={size}
      markerHeight={size}
      orient={orient}
      markerUnits="userSpaceOnUse"
    >
      <path class={look} d="M0 0L8 4L0 8z" />
    </marker>
  );
}

// What the other svgs refer to.
function Definitions() {
  return (
    <svg width="0" height="0" aria-hidden="true" class="definitions">
      <defs>
        <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <path class="hatch" d="M0 0V5" />
        </pattern>
        <ArrowHead id="forward" size={8} orient="auto" look="arrow" />
        <ArrowHead id="backward" size={9} orient="auto-start-reverse" look="arrow back" />
      </defs>
    </svg>
  );
}

const page = readDocument();
document.title = page.title;
render(
  <>
    <Definitions />
    <App page={page} />
  </>,
  document.getElementById("page")!,
);
