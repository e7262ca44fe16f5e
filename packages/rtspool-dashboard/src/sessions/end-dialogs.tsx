import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ownerText, type SessionView } from '../api/session-view.js'
import { Dialog } from '../elements/index.js'
import { type FilterValues, filterText } from '../filters/session-filter.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { countText } from '../words/quantities.js'
import { EndForm } from './end-form.js'
import { endSession, endSessions, subjectsOf } from './end-request.js'

interface EndDialogProps {
  readonly session: SessionView
  /** Called after the session has ended. */
  readonly onEnded: () => void
  readonly close: () => void
}

/** Ends one session. */
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
          await endSession(client, session, terms)
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

/** Ends all sessions that match a filter, after the server has counted them. */
export function EndAllDialog({ filter, onEnded, close }: EndAllDialogProps): JSX.Element {
  const { client } = useVisitor()
  const [count, setCount] = useState<number | undefined>(undefined)
  const [problem, setProblem] = useState('')
  useEffect(() => {
    endSessions(client, filter, { reason: '', dryRun: true }).then(setCount, (error: Error) =>
      setProblem(error.message),
    )
  }, [client, filter])
  const found =
    count === undefined
      ? 'The server counts …'
      : `${sessionsText(count)} now: ${filterText(filter)}.`
  return (
    <Dialog title="End all sessions of the filter" onClose={close}>
      <p aria-live="polite">{problem === '' && found}</p>
      <p role="alert">{problem}</p>
      <EndForm
        action={count === undefined ? 'End them' : `End ${sessionsText(count)}`}
        subjects={[]}
        isDisabled={!count}
        end={async (terms) => {
          await endSessions(client, filter, { ...terms, dryRun: false })
          onEnded()
        }}
        close={close}
      />
    </Dialog>
  )
}

const sessionsText = (count: number): string =>
  count === 1 ? '1 session' : `${countText(count)} sessions`
