import type { JSX } from 'preact'

/** Overview. */
export function OverviewPage(): JSX.Element {
  return (
    <section>
      <h1>Overview</h1>
    </section>
  )
}
