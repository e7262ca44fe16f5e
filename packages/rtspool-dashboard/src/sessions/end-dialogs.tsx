import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ownerText, type SessionView } from '../api/session-view.js'
import { Dialog } from '../elements/index.js'
import { type FilterValues, filterText } from '../filters/session-filter.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { countText } from '../words/quantities.js'
import { EndForm } from './end-form.js'
import {
  type CountedSessions,
  countSessions,
  kickSession,
  kickSessions,
  subjectsOf,
} from './kick.js'

interface EndDialogProps {
  readonly session: SessionView
  /** Called after the session has ended. */
  readonly onEnded: () => void
  readonly close: () => void
}

/** Dialog that ends one session. */
export function EndDialog({ session, onEnded, close }: EndDialogProps): JSX.Element {
  const { client } = useVisitor()
  const { paths } = session
  return (
    <Dialog title="End a session" onClose={close}>
      <p>
        The session of {ownerText(session)}
        {paths.length > 0 && ` at ${paths.join(', ')}`} ends at once. Without a ban its client may
        connect again.
      </p>
      <EndForm
        action="End session"
        subjects={subjectsOf(session)}
        end={async (terms) => {
          await kickSession(client, session, terms)
          onEnded()
        }}
        close={close}
      />
    </Dialog>
  )
}

interface EndAllDialogProps {
  readonly filter: FilterValues
  /** Called after the sessions have ended. */
  readonly onEnded: () => void
  readonly close: () => void
}

/**
 * Dialog that ends all sessions which match a filter, after the server has counted them. Sessions
 * that match only later are not ended, because the user has not seen them counted.
 */
export function EndAllDialog({ filter, onEnded, close }: EndAllDialogProps): JSX.Element {
  const { client } = useVisitor()
  const [counted, setCounted] = useState<CountedSessions | undefined>(undefined)
  const [problem, setProblem] = useState('')
  useEffect(() => {
    countSessions(client, filter).then(setCounted, (error: Error) => setProblem(error.message))
  }, [client, filter])
  const ending = counted?.sessions.length ?? 0
  return (
    <Dialog title="End all sessions of the filter" onClose={close}>
      <p aria-live="polite">{problem === '' && foundText(counted, filter)}</p>
      <p role="alert">{problem}</p>
      <EndForm
        action={counted ? `End ${sessionsText(ending)}` : 'End them'}
        subjects={[]}
        isDisabled={ending === 0}
        end={async (terms) => {
          if (counted) await kickSessions(client, filter, counted, terms)
          onEnded()
        }}
        close={close}
      />
    </Dialog>
  )
}

function foundText(counted: CountedSessions | undefined, filter: FilterValues): string {
  if (!counted) return 'The server counts …'
  const { count, sessions } = counted
  const found = `${sessionsText(count)} now: ${filterText(filter)}.`
  if (sessions.length === count) return found
  return `${found} The first ${countText(sessions.length)} end at once: repeat it for the others.`
}

const sessionsText = (count: number): string =>
  count === 1 ? '1 session' : `${countText(count)} sessions`
