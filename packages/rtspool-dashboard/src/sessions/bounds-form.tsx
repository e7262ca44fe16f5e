import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { SessionDetails } from '../api/session-view.js'
import { Field, useAction } from '../elements/index.js'
import { type Bounds, boundsText, changedBounds } from './bounds.js'

interface BoundsFormProps {
  readonly session: SessionDetails
  /** Sends the limits that the user has changed to the API. @throws {ApiError} */
  readonly change: (bounds: Partial<Bounds>) => Promise<unknown>
}

/** Form for the timeout of a session, and the time at which the session ends. */
export function BoundsForm({ session, change }: BoundsFormProps): JSX.Element {
  const action = useAction()
  const [before, setBefore] = useState(() => boundsText(session))
  const [fields, setFields] = useState(before)
  const changed = changedBounds(before, fields)
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (await action.run(() => change(changed))) setBefore(fields)
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <h3>Change its end</h3>
      <div class="tools">
        <Field label="Timeout in seconds" hint="0 = never">
          {(ids) => (
            <input
              {...ids}
              type="number"
              min={0}
              required
              value={fields.timeoutSeconds}
              onInput={({ currentTarget: { value } }) =>
                setFields({ ...fields, timeoutSeconds: value })
              }
            />
          )}
        </Field>
        <Field label="Ends at" hint="Empty = no set time">
          {(ids) => (
            <input
              {...ids}
              type="datetime-local"
              step={1}
              value={fields.expiresAt}
              onInput={({ currentTarget: { value } }) => setFields({ ...fields, expiresAt: value })}
            />
          )}
        </Field>
      </div>
      <p role="alert">{action.problem}</p>
      <div class="actions">
        <button
          type="submit"
          class="main"
          disabled={action.isRunning || Object.keys(changed).length === 0}
        >
          Change
        </button>
      </div>
    </form>
  )
}
