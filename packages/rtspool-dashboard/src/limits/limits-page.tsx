import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { Refresher } from '../lists/refresher.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { countText } from '../words/quantities.js'
import type { ConfigView, Limits } from './limit-fields.js'
import { LimitsForm } from './limits-form.js'

/** Members of the server's statistics that the page shows. */
interface Stats {
  readonly sessions: {
    readonly now: number
    readonly highWaterMark: number
    readonly refused: Readonly<Record<string, number>>
  }
  readonly connections: number
  readonly refusedConnections: number
}

interface Facts {
  readonly limits: Limits
  readonly stats: Stats
  /** Configuration of the server; absent for users who may not read it. */
  readonly config: ConfigView | undefined
}

const types = ['limitsChanged', 'configChanged', 'limitNear']
const everyMs = 5000

/**
 * Page with the limits on sessions and times. All users can read them; an admin can change them
 * while the server runs.
 */
export function LimitsPage(): JSX.Element {
  const { facts, problem, read } = useLimits()
  const known = facts.value
  return (
    <>
      <h1>Limits</h1>
      <p role="alert">{problem}</p>
      {known && (
        <>
          <Counts stats={known.stats} />
          <LimitsForm limits={known.limits} config={known.config} onChanged={read} />
        </>
      )}
    </>
  )
}

function Counts({ stats }: { readonly stats: Stats }): JSX.Element {
  const { sessions, connections, refusedConnections } = stats
  const refused = Object.values(sessions.refused).reduce((sum, count) => sum + count, 0)
  return (
    <p class="hint">
      Now {countText(sessions.now)} sessions (at most {countText(sessions.highWaterMark)} so far)
      and {countText(connections)} connections. Refused so far: {countText(refused)} for a session,{' '}
      {countText(refusedConnections)} connections.
    </p>
  )
}

function useLimits() {
  const visitor = useVisitor()
  const facts = useSignal<Facts | undefined>(undefined)
  const problem = useSignal('')
  const read = async (): Promise<void> => {
    const { client } = visitor
    try {
      const [limits, stats, config] = await Promise.all([
        client.get<Limits>('/v1/limits'),
        client.get<Stats>('/v1/stats'),
        visitor.can('admin') ? client.get<ConfigView>('/v1/config') : undefined,
      ])
      facts.value = { limits, stats, config }
      problem.value = ''
    } catch (error) {
      problem.value = (error as Error).message
    }
  }
  useEffect(() => {
    void read()
    const refresher = new Refresher(visitor.events, { types, everyMs }, read)
    return () => refresher.close()
  }, [visitor])
  return { facts, problem, read }
}
