import type { JSX } from 'preact'

/** Media. */
export function MediaPage(): JSX.Element {
  return (
    <section>
      <h1>Media</h1>
    </section>
  )
}
