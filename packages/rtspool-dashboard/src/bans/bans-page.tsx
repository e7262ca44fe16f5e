import type { JSX } from 'preact'

/** Bans. */
export function BansPage(): JSX.Element {
  return (
    <section>
      <h1>Bans</h1>
    </section>
  )
}
