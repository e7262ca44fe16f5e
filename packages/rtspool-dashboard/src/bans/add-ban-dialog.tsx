import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button, Dialog, Field, useAction } from '../elements/index.js'
import { banLengths } from './ban-terms.js'

/** Body of the API request for a new ban; only members with a value. */
export type NewBan = Readonly<Record<string, string | number>>

interface AddBanDialogProps {
  /** Sends the new ban to the API. The dialog shows the error if there is one. @throws {ApiError} */
  readonly add: (ban: NewBan) => Promise<unknown>
  readonly close: () => void
}

const subjects = [
  { name: 'user', label: 'User', hint: 'Compared letter by letter' },
  {
    name: 'address',
    label: 'Address or network',
    hint: '192.0.2.7 or 192.0.2.0/24; IPv6 counts by /64',
  },
  { name: 'path', label: 'Path', hint: '/camera, or /garden/* for all below' },
  { name: 'reason', label: 'Reason', hint: 'Free text for this list' },
] as const

/** Dialog for a new ban: its user, address or path, and its length. */
export function AddBanDialog({ add, close }: AddBanDialogProps): JSX.Element {
  const action = useAction()
  const [values, setValues] = useState<Readonly<Record<string, string>>>({})
  const [seconds, setSeconds] = useState(banLengths[0]?.seconds ?? 0)
  const given = Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value.trim() ? [[name, value.trim()]] : [])),
  )
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (await action.run(() => add({ ...given, seconds }))) close()
  }
  return (
    <Dialog title="Add a ban" onClose={close}>
      <p>Keeps out the clients that match every given part. Present sessions stay.</p>
      <form onSubmit={(event) => void submit(event)}>
        {subjects.map(({ name, label, hint }) => (
          <Field key={name} label={label} hint={hint}>
            {(ids) => (
              <input
                {...ids}
                value={values[name] ?? ''}
                onInput={({ currentTarget: { value } }) => setValues({ ...values, [name]: value })}
              />
            )}
          </Field>
        ))}
        <Field label="Length">
          {(ids) => (
            <select
              {...ids}
              value={seconds}
              onChange={({ currentTarget }) => setSeconds(Number(currentTarget.value))}
            >
              {banLengths.map((length) => (
                <option key={length.seconds} value={length.seconds}>
                  {length.text}
                </option>
              ))}
            </select>
          )}
        </Field>
        <p role="alert">{action.problem}</p>
        <div class="actions">
          <Button onClick={close}>Cancel</Button>
          <button type="submit" class="main" disabled={action.isRunning}>
            Add ban
          </button>
        </div>
      </form>
    </Dialog>
  )
}
