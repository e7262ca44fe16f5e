import type { JSX } from 'preact'
import type { EventLog } from './event-log.js'
import { eventTypes } from './event-words.js'

/** Control that selects the types of events in the list; none selected = all types. */
export function TypeFilter({ log }: { readonly log: EventLog }): JSX.Element {
  const chosen = log.types.value
  const count = chosen.size === 0 ? 'all' : `${chosen.size} of ${eventTypes.length}`
  return (
    <details class="types">
      <summary>Types ({count})</summary>
      <fieldset>
        <legend>Types of events</legend>
        {eventTypes.map((type) => (
          <label key={type}>
            <input type="checkbox" checked={chosen.has(type)} onChange={() => log.toggle(type)} />
            {type}
          </label>
        ))}
      </fieldset>
    </details>
  )
}
