// What each method costs as the batch grows.
import { scaleLog } from "d3-scale";
import { line } from "d3-shape";
import type { Costs } from "./document";

const width = 460;
const height = 260;
const margin = { left: 62, right: 16, top: 14, bottom: 40 };

export function durationText(seconds: number): string {
  const [value, unit] = seconds < 1e-3 ? [seconds * 1e6, "µs"] : seconds < 1 ? [seconds * 1e3, "ms"] : [seconds, "s"];
  return `${+value.toPrecision(3)} ${unit}`;
}

export function CostsView({ costs }: { costs: Costs }) {
  const { methods, growth } = costs;
  if (growth.length === 0) return null;
  return (
    <section aria-labelledby="costs-heading">
      <h2 id="costs-heading">What it costs as the batch grows</h2>
      <p>
        Masking needs the same nodes for every batch; freezing with cat needs some for every example. Both scales are
        logarithmic.
      </p>
      <p class="legend-line">
        {methods.map((name, k) => (
          <span>
            <svg width="34" height="12" aria-hidden="true">
              <path class={`line method-${k}`} d="M0 6H34" />
              <Mark k={k} x={17} y={6} />
            </svg>{" "}
            {name}
          </span>
        ))}
      </p>
      <div class="two">
        <Chart title="Nodes on the tape" costs={costs} of={(cost) => cost.nodes} text={String} />
        <Chart
          title="Time of a step, forward and backward"
          costs={costs}
          of={(cost) => cost.seconds}
          text={durationText}
        />
      </div>
      <div class="scrolled" tabindex={0} role="group" aria-label="The costs as a table">
        <table>
          <thead>
            <tr>
              <th scope="col">B</th>
              {methods.flatMap((name) => [<th scope="col">nodes, {name}</th>, <th scope="col">step, {name}</th>])}
            </tr>
          </thead>
          <tbody>
            {growth.map((row) => (
              <tr>
                <th scope="row">{row.batch}</th>
                {row.costs.flatMap((cost) => [<td>{cost.nodes}</td>, <td>{durationText(cost.seconds)}</td>])}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {costs.note && <p class="none">{costs.note}</p>}
    </section>
  );
}

type Cost = Costs["growth"][number]["costs"][number];

function Chart(props: { title: string; costs: Costs; of: (cost: Cost) => number; text: (value: number) => string }) {
  const { title, costs, of, text } = props;
  const { growth, methods } = costs;
  const all = growth.flatMap((row) => row.costs.map(of));
  const batches = growth.map((row) => row.batch);
  const x = scaleLog([Math.min(...batches), Math.max(...batches, 2)], [margin.left, width - margin.right]);
  const y = scaleLog([Math.min(...all), Math.max(...all)], [height - margin.bottom, margin.top]).nice();
  const ticks = y
    .ticks(4)
    .filter((tick) => Number.isInteger(Math.log10(tick) + 1e-9) || Math.abs(Math.log10(tick) % 1) < 1e-9);
  const words = methods
    .map((name, k) => `${name}: ${growth.map((row) => `${text(of(row.costs[k]!))} at B = ${row.batch}`).join(", ")}`)
    .join(". ");
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${title}. ${words}`}>
        {ticks.map((tick) => (
          <g class="tick">
            <path d={`M${margin.left} ${y(tick)}H${width - margin.right}`} />
            <text x={margin.left - 8} y={y(tick) + 4} text-anchor="end">
              {text(tick)}
            </text>
          </g>
        ))}
        {growth.map((row) => (
          <text class="tick" x={x(row.batch)} y={height - margin.bottom + 18} text-anchor="middle">
            {row.batch}
          </text>
        ))}
        <text class="tick" x={(margin.left + width - margin.right) / 2} y={height - 4} text-anchor="middle">
          sequences in the batch, B
        </text>
        {methods.map((_, k) => (
          <>
            <path
              class={`line method-${k}`}
              d={
                line<(typeof growth)[number]>(
                  (row) => x(row.batch),
                  (row) => y(of(row.costs[k]!)),
                )(growth) ?? ""
              }
            />
            {growth.map((row) => (
              <Mark k={k} x={x(row.batch)} y={y(of(row.costs[k]!))} />
            ))}
          </>
        ))}
      </svg>
    </figure>
  );
}

// A circle for the first method, a square for the second.
function Mark({ k, x, y }: { k: number; x: number; y: number }) {
  return k === 0 ? (
    <circle class="mark method-0" cx={x} cy={y} r="4.5" />
  ) : (
    <rect class="mark method-1" x={x - 4} y={y - 4} width="8" height="8" />
  );
}
