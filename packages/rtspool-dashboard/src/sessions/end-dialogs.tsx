import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ownerText, type SessionView } from '../api/session-view.js'
import { Dialog } from '../elements/index.js'
import type { FilterValues } from '../filters/session-filter.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { EndForm } from './end-form.js'
import {
  type CountedSessions,
  countSessions,
  kickSession,
  kickSessions,
  subjectsOf,
} from './kick.js'
import { foundText, sessionsText, unsureText } from './session-words.js'

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
          if (!counted) return
          const ended = await kickSessions(client, filter, counted, terms)
          onEnded()
          // The dialog stays open with this sentence, for another attempt.
          const problem = unsureText(ended)
          if (problem !== '') throw new Error(problem)
        }}
        close={close}
      />
    </Dialog>
  )
}
