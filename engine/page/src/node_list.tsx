// The nodes of a graph as a list, for those who would rather read.
import { useState } from "preact/hooks";
import { opText, sizesText } from "./document";
import { stateText } from "./graph";
import type { Shown } from "./numbers";
import { kindText, outputText, sentenceOf, titleOf } from "./words";

export function NodeList({ shown }: { shown: Shown }) {
  const { trace, moment, drawing, lesson } = shown;
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The nodes as a list</summary>
      {open && (
        <div class="scrolled" tabindex={0} role="group" aria-label="The nodes as a list">
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
              {drawing.nodes.flatMap((drawn) => {
                const node = trace.nodes[drawn.shown];
                const op = trace.nodes[drawn.nodes[0] ?? -1];
                return Array.from({ length: drawn.outputs }, (_, k) => {
                  const sizes = node?.outputs[k]?.sizes ?? drawn.input?.tensor?.sizes ?? [];
                  const state = node ? moment.gradient(drawn.shown, k).state : "absent";
                  return (
                    <tr>
                      <th scope="row">
                        <bdi>{node && drawn.outputs > 1 ? outputText(node, k) : titleOf(trace, drawn)}</bdi>
                      </th>
                      <td>{drawn.kind === "op" ? opText(op?.grad_fn ?? "") : kindText(trace, drawn)}</td>
                      <td>{sizesText(sizes)}</td>
                      <td>
                        <span class={`badge ${state}`}>{stateText[state]}</span>
                      </td>
                      <td class="words">{op && !op.leaf ? sentenceOf(op, lesson) : ""}</td>
                    </tr>
                  );
                });
              })}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
