// The batch as a grid of tokens, each with the attention it gets.
import { useState } from "preact/hooks";
import { type Batch, type Scalar, count, numberOf } from "./document";
import { background } from "./heat";

export const percent = (weight: Scalar): string => {
  const value = numberOf(weight);
  if (!Number.isFinite(value)) return "NaN";
  return value === 0 ? "0" : value < 0.001 ? "<0.1%" : `${+(100 * value).toPrecision(value < 0.01 ? 1 : 3)}%`;
};

export function BatchView({ batch }: { batch: Batch }) {
  const [method, setMethod] = useState(0);
  const weights = batch.weights[method];
  const left = batch.left_out;
  return (
    <section aria-labelledby="batch-heading">
      <h2 id="batch-heading">The batch, and the attention each token gets</h2>
      <p>
        One sequence a row. The stronger the colour, the more of the sequence’s attention the token takes; hatched
        places are padding.
      </p>
      <fieldset class="choice">
        <legend>Attention</legend>
        {batch.weights.map(({ name }, k) => (
          <label>
            <input type="radio" name="attention" checked={k === method} onChange={() => setMethod(k)} /> {name}
          </label>
        ))}
      </fieldset>
      <div class="scrolled" tabindex={0} role="group" aria-label="The batch">
        <table class="tokens">
          <tbody>
            {batch.tokens.map((tokens, b) => (
              <tr>
                <th scope="row">{b + 1}</th>
                {Array.from({ length: batch.longest }, (_, t) => {
                  const weight = weights?.rows[b]?.[t] ?? "nan";
                  const token = tokens[t];
                  return (
                    <td class={token === undefined ? "pad" : ""} style={{ backgroundColor: background(weight, 1) }}>
                      {token === undefined ? <i>pad</i> : <bdi title={token}>{token}</bdi>}
                      <small>{percent(weight)}</small>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {left && left.sequences + left.positions > 0 && (
        <p class="none">
          Left out: {count(left.sequences, "sequence", "sequences")}, and{" "}
          {count(left.positions, "position", "positions")} at the end of each.
        </p>
      )}
    </section>
  );
}
