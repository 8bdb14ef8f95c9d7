// One sequence, row by row, with as many real tokens as one likes.
import { useState } from "preact/hooks";
import { type Row, type Rows, numberText } from "./document";
import { percent } from "./batch_view";
import { stateText } from "./graph";
import { background } from "./heat";

const preferred = ["1: masked with -inf", "2: pads frozen at -inf"];

export function RowsView({ rows }: { rows: Rows }) {
  const all = rows.methods.map(({ name }) => name);
  const [length, setLength] = useState(Math.ceil(rows.tokens.length / 2));
  const [methods, setMethods] = useState(preferred.map((name, k) => Math.max(all.indexOf(name), k % all.length)));
  return (
    <section aria-labelledby="rows-heading">
      <h2 id="rows-heading">Row by row</h2>
      <p>
        The first tokens of the longest sequence. Choose how many of them are real: the rest is taken for padding, and
        the numbers are those that the engine works out for that length.
      </p>
      <label class="slider">
        <span>
          Real tokens: <output>{length}</output> of {rows.tokens.length}
        </span>
        <input
          id="length"
          type="range"
          min={1}
          max={rows.tokens.length}
          value={length}
          onInput={(event) => setLength(Number(event.currentTarget.value))}
        />
      </label>
      <div class="two">
        {methods.map((method, side) => (
          <div>
            <label>
              {side === 0 ? "Left" : "Right"}{" "}
              <select
                value={method}
                onChange={(event) => {
                  const chosen = Number(event.currentTarget.value);
                  setMethods(methods.map((other, k) => (k === side ? chosen : other)));
                }}
              >
                {all.map((name, k) => (
                  <option value={k}>{name}</option>
                ))}
              </select>
            </label>
            <RowTable
              tokens={rows.tokens}
              rows={rows.methods[method]?.lengths[length - 1] ?? []}
              length={length}
              label={all[method] ?? ""}
            />
          </div>
        ))}
      </div>
    </section>
  );
}

function RowTable(props: { tokens: string[]; rows: Row[]; length: number; label: string }) {
  const { tokens, rows, length, label } = props;
  return (
    <div class="scrolled" tabindex={0} role="group" aria-label={`Row by row: ${label}`}>
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">token</th>
            <th scope="col">score</th>
            <th scope="col">weight</th>
            <th scope="col">gradient at the score</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, t) => (
            <tr class={t < length ? "" : "pad"}>
              <th scope="row">
                <bdi>{t < length ? tokens[t] : "pad"}</bdi>
              </th>
              <td>{row.score === null ? "–" : numberText(row.score)}</td>
              <td style={{ backgroundColor: background(row.weight, 1) }}>{percent(row.weight)}</td>
              <td>
                {row.state === "number" ? (
                  numberText(row.gradient ?? "nan")
                ) : row.state === "none" ? (
                  "no score"
                ) : (
                  <span class={`badge ${row.state}`}>{row.state === "zero" ? stateText.zero : "absent"}</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
