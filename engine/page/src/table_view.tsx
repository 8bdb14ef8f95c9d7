// All ways of muting with what was measured of each, and what follows from it.
import type { Table } from "./document";

export function TableView({ table, conclusions }: { table: Table | null; conclusions: string[] | null }) {
  return (
    <section aria-labelledby="table-heading">
      <h2 id="table-heading">Every way of muting</h2>
      {table && (
        <>
          <div class="scrolled" tabindex={0} role="group" aria-label="Every way of muting">
            <table class="measured">
              <thead>
                <tr>{table.header.map((title) => (title === "" ? <td /> : <th scope="col">{title}</th>))}</tr>
              </thead>
              <tbody>
                {table.rows.map(([name, ...cells]) => (
                  <tr>
                    <th scope="row">{name}</th>
                    {cells.map((cell) => (
                      <td>{cell}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <details>
            <summary>What the columns mean</summary>
            <ul>
              {table.notes.map((note) => (
                <li>{note}</li>
              ))}
            </ul>
          </details>
        </>
      )}
      {conclusions && (
        <>
          <h3>What this shows</h3>
          <ul>
            {conclusions.map((sentence) => (
              <li>{sentence}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
