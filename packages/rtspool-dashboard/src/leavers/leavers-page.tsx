import type { JSX } from 'preact'

/** Leavers. */
export function LeaversPage(): JSX.Element {
  return (
    <section>
      <h1>Leavers</h1>
    </section>
  )
}
