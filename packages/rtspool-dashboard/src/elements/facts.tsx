import type { ComponentChildren, JSX } from 'preact'

interface FactsProps {
  /** Pairs of a name and a value to show. A pair whose value is absent or empty is left out. */
  readonly facts: readonly (readonly [name: string, value: ComponentChildren])[]
}

/** Component that shows pairs of a name and a value, one below the other. */
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
