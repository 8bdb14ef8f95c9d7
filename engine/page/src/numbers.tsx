// Numbers in full: tensors as tables, and all that is known of a node at one moment.
import { type Axes, axesOf, gridOf } from "./axes";
import { type Batch, type Gradient, type Scalar, type Trace, type Values } from "./document";
import { isSummary, numberText, opText, sizesText } from "./document";
import { type Drawing, type Drawn, type Moment, stateText } from "./graph";
import { background, flat, scaleOf } from "./heat";
import { nameOf, sentenceOf, titleOf } from "./words";

interface Limits {
  rows: number;
  columns: number;
}

export function Matrix(props: { values: Values; sizes: number[]; axes: Axes; limits: Limits; label: string }) {
  const { values, sizes, axes, limits, label } = props;
  const grid = gridOf(sizes);
  if (grid.rows * grid.columns === 0) return <p class="none">no elements</p>;
  const cells = flat(values);
  const scale = scaleOf(cells);
  const rows = Math.min(grid.rows, limits.rows);
  const columns = Math.min(grid.columns, limits.columns);
  const labelled = sizes.length > 0;
  const more = [
    grid.rows > rows ? `${grid.rows - rows} more rows` : "",
    grid.columns > columns ? `${grid.columns - columns} more columns` : "",
  ].filter(Boolean);
  const cell = (i: number, j: number) => {
    const scalar = cells[i * grid.columns + j] as Scalar;
    const pad = axes.isPad(i, j);
    return (
      <td class={pad ? "pad" : ""} style={{ backgroundColor: background(scalar, scale) }}>
        {numberText(scalar)}
      </td>
    );
  };
  return (
    <div class="matrix" {...(label ? { tabindex: 0, role: "group", "aria-label": label } : {})}>
      <table>
        {labelled && (
          <thead>
            <tr>
              {sizes.length > 1 && <td />}
              {Array.from({ length: columns }, (_, j) => (
                <th scope="col">
                  <bdi>{axes.columnLabel(j)}</bdi>
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {Array.from({ length: rows }, (_, i) => (
            <tr>
              {sizes.length > 1 && (
                <th scope="row">
                  <bdi>{axes.rowLabel(i)}</bdi>
                </th>
              )}
              {Array.from({ length: columns }, (_, j) => cell(i, j))}
            </tr>
          ))}
        </tbody>
      </table>
      {more.length > 0 && <p class="none">and {more.join(", ")}</p>}
    </div>
  );
}

export function GradientNumbers(props: {
  gradient: Gradient;
  sizes: number[];
  axes: Axes;
  limits: Limits;
  label: string;
}) {
  const { gradient, ...rest } = props;
  const { state, values } = gradient;
  const badge = <span class={`badge ${state}`}>{stateText[state]}</span>;
  if (state === "pending" || state === "absent" || values === null) return <p>{badge}</p>;
  if (isSummary(values))
    return (
      <p>
        {badge} {values.elements} elements from {numberText(values.min)} to {numberText(values.max)}, {values.zeros} of
        them 0
      </p>
    );
  return (
    <>
      {state === "zero" && <p>{badge}</p>}
      <Matrix values={values} {...rest} />
    </>
  );
}

export interface Shown {
  trace: Trace;
  moment: Moment;
  drawing: Drawing;
  batch: Batch | null;
  example: number | null; // which one the fold shows
  exampleOf: Map<number, number>;
}

// Of node i, with its own example where it is of one.
export function axesAt(shown: Shown, i: number, sizes: number[]): Axes {
  return axesOf(shown.trace, i, sizes, shown.batch, shown.exampleOf.get(i) ?? null);
}

export function Numbers({
  shown,
  drawn,
  limits,
  brief,
}: {
  shown: Shown;
  drawn: Drawn;
  limits: Limits;
  brief: boolean;
}) {
  const { trace, moment, drawing } = shown;
  const title = titleOf(trace, drawn);
  if (drawn.input) {
    const tensor = drawn.input.tensor;
    return (
      <div class="numbers">
        <h4>
          <bdi>{title}</bdi>{" "}
          <small>
            {drawn.kind}
            {tensor && `, ${sizesText(tensor.sizes)}`}
          </small>
        </h4>
        <p>
          It does not require a gradient, so the tape holds no more of it than its name and shape, and no gradient is
          worked out for it: <span class="badge absent">{stateText.absent}</span>
        </p>
      </div>
    );
  }
  const node = trace.nodes[drawn.shown]!;
  const op = trace.nodes[drawn.nodes[0]!]!;
  const output = node.outputs[0]!;
  const axes = axesAt(shown, drawn.shown, output.sizes);
  const gradient = moment.gradient(drawn.shown);
  const common = { sizes: output.sizes, axes, limits };
  const edges = drawing.edges.filter((edge) => edge.to === drawn.key);
  return (
    <div class="numbers">
      <h4>
        <bdi>{title}</bdi>{" "}
        <small>
          {drawn.kind === "op" ? opText(op.grad_fn) : drawn.kind}, {sizesText(output.sizes)}
        </small>
      </h4>
      {!brief && !op.leaf && (
        <p>
          <b>{opText(op.grad_fn)}</b> {sentenceOf(op)}
          {op.formula && (
            <>
              {" "}
              <code>{op.formula}</code>
            </>
          )}
        </p>
      )}
      <div class="pair">
        <section>
          <h5>Value</h5>
          {!moment.hasValue(drawn.shown) ? (
            <p class="none">not there yet</p>
          ) : output.values === null ? (
            <p class="none">{output.held ? "too large to be shown" : "not kept: no rule needs it in backward"}</p>
          ) : (
            <Matrix values={output.values} {...common} label={brief ? "" : `Value of ${title}`} />
          )}
        </section>
        <section>
          <h5>{node.leaf ? "Its grad" : "Gradient"}</h5>
          <GradientNumbers gradient={gradient} {...common} label={brief ? "" : `Gradient of ${title}`} />
        </section>
      </div>
      {!brief && moment.phase === "backward" && edges.length > 0 && (
        <>
          <h5>Sent on</h5>
          <div class="pair">
            {edges.map((edge) => {
              const input = edge.input;
              const sizes =
                input.node === null
                  ? (input.tensor?.sizes ?? [])
                  : trace.nodes[input.node]!.outputs[input.output ?? 0]!.sizes;
              const to = input.node === null ? input.tensor?.name || input.kind : nameOf(trace, drawing, input.node);
              return (
                <section>
                  <p>
                    to{" "}
                    <b>
                      <bdi>{to}</bdi>
                    </b>
                  </p>
                  <GradientNumbers
                    gradient={moment.flow(edge.node, input)}
                    sizes={sizes}
                    axes={input.node === null ? axesAt(shown, -1, sizes) : axesAt(shown, input.node, sizes)}
                    limits={limits}
                    label={`Gradient sent to ${to}`}
                  />
                </section>
              );
            })}
          </div>
        </>
      )}
    </div>
  );
}
