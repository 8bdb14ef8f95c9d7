// Numbers in full: tensors as tables, and all that is known of a node at one moment.
import { type Axes, axesOf, gridOf } from "./axes";
import { type Gradient, type Lesson, type Scalar, type Trace, type Values } from "./document";
import { count, isSummary, numberText, opText, sizesText } from "./document";
import { type Drawing, type Drawn, type Moment, stateText } from "./graph";
import { background, flat, scaleOf } from "./heat";
import { mostOutputs } from "./layout";
import { kindText, nameOf, outputText, sentenceOf, titleOf } from "./words";

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
  lesson: Lesson;
  example: number | null; // which one the fold shows
  exampleOf: Map<number, number>;
}

// Of node i, with its own example where it is of one.
export function axesAt(shown: Shown, i: number, sizes: number[]): Axes {
  return axesOf(shown.trace, i, sizes, shown.lesson.batch ?? null, shown.exampleOf.get(i) ?? null);
}

const briefOutputs = 2;

// The value and the gradient of the k-th output of node i.
function OutputNumbers(props: { shown: Shown; i: number; k: number; limits: Limits; label: string }) {
  const { shown, i, k, limits, label } = props;
  const { trace, moment } = shown;
  const node = trace.nodes[i]!;
  const { values, sizes, held } = node.outputs[k]!;
  const common = { sizes, axes: axesAt(shown, i, sizes), limits };
  return (
    <div class="pair">
      <section>
        <h5>Value</h5>
        {!moment.hasValue(i) ? (
          <p class="none">not there yet</p>
        ) : values === null ? (
          <p class="none">{held ? "too large to be shown" : "not kept: no rule needs it in backward"}</p>
        ) : (
          <Matrix values={values} {...common} label={label && `Value of ${label}`} />
        )}
      </section>
      <section>
        <h5>{node.leaf ? "Its grad" : "Gradient"}</h5>
        <GradientNumbers gradient={moment.gradient(i, k)} {...common} label={label && `Gradient of ${label}`} />
      </section>
    </div>
  );
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
  const { trace, moment, drawing, lesson } = shown;
  const title = titleOf(trace, drawn);
  const kind = kindText(trace, drawn);
  if (drawn.input) {
    const tensor = drawn.input.tensor;
    return (
      <div class="numbers">
        <h4>
          <bdi>{title}</bdi>{" "}
          <small>
            {kind}
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
  const shownOutputs = node.outputs.length === 1 || !brief ? node.outputs : node.outputs.slice(0, briefOutputs);
  const more = node.outputs.length - shownOutputs.length;
  const edges = drawing.edges.filter((edge) => edge.to === drawn.key);
  return (
    <div class="numbers">
      <h4>
        <bdi>{title}</bdi>{" "}
        <small>
          {[title === kind ? "" : kind, node.outputs.length === 1 ? sizesText(node.outputs[0]!.sizes) : ""]
            .filter(Boolean)
            .join(", ")}
        </small>
      </h4>
      {!brief && !op.leaf && (
        <p>
          <b>{opText(op.grad_fn)}</b> {sentenceOf(op, lesson)}
          {op.formula && (
            <>
              {" "}
              <code>{op.formula}</code>
            </>
          )}
        </p>
      )}
      {shownOutputs.map((output, k) => {
        const numbers = (
          <OutputNumbers
            shown={shown}
            i={drawn.shown}
            k={k}
            limits={limits}
            label={brief ? "" : node.outputs.length === 1 ? title : outputText(node, k)}
          />
        );
        if (node.outputs.length === 1) return numbers;
        const heading = (
          <>
            <bdi>{outputText(node, k)}</bdi>, {sizesText(output.sizes)}
          </>
        );
        return brief ? (
          <>
            <p class="which">{heading}</p>
            {numbers}
          </>
        ) : (
          <details open={k < mostOutputs}>
            <summary>{heading}</summary>
            {numbers}
          </details>
        );
      })}
      {more > 0 && <p class="none">and {count(more, "more output", "more outputs")}</p>}
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
              const to =
                input.node === null
                  ? input.tensor?.name || input.kind
                  : nameOf(trace, drawing, input.node, input.output ?? 0);
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
