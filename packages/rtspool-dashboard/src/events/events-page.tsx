import type { JSX } from 'preact'

/** Events. */
export function EventsPage(): JSX.Element {
  return (
    <section>
      <h1>Events</h1>
    </section>
  )
}
