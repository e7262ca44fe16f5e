import type { ComponentChildren, JSX } from 'preact'

interface FactsProps {
  /** Names and values. A value that is absent or empty is not shown. */
  readonly facts: readonly (readonly [name: string, value: ComponentChildren])[]
}

/** A list of names and values. */
export function Facts({ facts }: FactsProps): JSX.Element {
  const known = facts.filter(([, value]) => value !== undefined && value !== '' && value !== false)
  return (
    <dl class="facts">
      {known.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  )
}
