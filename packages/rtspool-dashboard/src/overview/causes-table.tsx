import type { JSX } from 'preact'
import { useId } from 'preact/hooks'
import { countText, shareText } from '../words/quantities.js'
import type { Cause } from './stats.js'

interface CausesTableProps {
  readonly title: string
  readonly causes: readonly Cause[]
  readonly empty: string
}

/** Table of reasons, such as those of removed sessions: count since the start of the server, and meaning of each. */
export function CausesTable({ title, causes, empty }: CausesTableProps): JSX.Element {
  const id = useId()
  return (
    <section class="panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {causes.length === 0 ? (
        <p class="hint">{empty}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Reason</th>
              <th scope="col">Meaning</th>
              <th scope="col" class="number">
                Count
              </th>
              <th scope="col" class="number">
                Share
              </th>
            </tr>
          </thead>
          <tbody>
            {causes.map(({ name, text, count, share }) => (
              <tr key={name}>
                <td>
                  <code>{name}</code>
                </td>
                <td class="meaning">{text}</td>
                <td class="number">{countText(count)}</td>
                <td class="number">{shareText(share)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
