import type { JSX } from 'preact'

/** Limits. */
export function LimitsPage(): JSX.Element {
  return (
    <section>
      <h1>Limits</h1>
    </section>
  )
}
