// Tables of a lesson: what is equal in the graphs; all ways of muting with what was measured of each, and what follows.
import type { Table } from "./document";

function Rows({ table, label }: { table: Table; label: string }) {
  return (
    <div class="scrolled" tabindex={0} role="group" aria-label={label}>
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
  );
}

export function NamesView({ table }: { table: Table }) {
  return (
    <section class="names" aria-labelledby="names-heading">
      <h2 id="names-heading">What is the same in both</h2>
      {table.notes.map((note) => (
        <p>{note}</p>
      ))}
      <Rows table={table} label="What is the same in both" />
    </section>
  );
}

export function TableView({ table, conclusions }: { table: Table | null; conclusions: string[] | null }) {
  return (
    <section aria-labelledby="table-heading">
      <h2 id="table-heading">Every way of muting</h2>
      {table && (
        <>
          <Rows table={table} label="Every way of muting" />
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
