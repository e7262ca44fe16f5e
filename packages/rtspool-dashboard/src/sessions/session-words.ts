import { nodeText, type UnheardNode, whyText } from '../api/session-view.js'
import { type FilterValues, filterText } from '../filters/session-filter.js'
import { countText } from '../words/quantities.js'
import type { CountedSessions, EndedSessions } from './kick.js'

/** Returns a sentence that names the servers of the cluster whose sessions are missing; empty if none is. */
export const missingText = (unheard: readonly UnheardNode[] = []): string =>
  unheard.length === 0 ? '' : `Sessions of these servers are missing: ${namesOf(unheard)}.`

const namesOf = (unheard: readonly UnheardNode[]): string =>
  unheard.map((node) => `${nodeText(node)} (${whyText(node.why)})`).join(', ')

export const sessionsText = (count: number): string =>
  count === 1 ? '1 session' : `${countText(count)} sessions`

/** Returns sentences about sessions that were counted, and about the servers of the cluster that did not count. */
export function foundText(counted: CountedSessions | undefined, filter: FilterValues): string {
  if (!counted) return 'The server counts …'
  const { count, sessions, unheard } = counted
  const sentences = [`${sessionsText(count)} now: ${filterText(filter)}.`]
  if (sessions.length !== count) {
    const first = countText(sessions.length)
    sentences.push(`The first ${first} end at once: repeat it for the others.`)
  }
  return [...sentences, missingText(unheard)].filter(Boolean).join(' ')
}

/** Returns a sentence about servers of the cluster that may not have ended their sessions; empty if all have. */
export const unsureText = ({ count, unheard = [] }: EndedSessions): string =>
  unheard.length === 0
    ? ''
    : `${sessionsText(count)} ended. Sessions of these servers may go on: ${namesOf(unheard)}.`
