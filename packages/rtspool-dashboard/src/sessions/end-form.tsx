import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { banLengths } from '../bans/ban-terms.js'
import { Button, Field, useAction } from '../elements/index.js'
import type { BanSubject, EndTerms } from './kick.js'

interface EndFormProps {
  /** Text of the submit button. */
  readonly action: string
  /**
   * Kinds of clients that the user can choose for a ban. If the list is empty, the server chooses the kind for each
   * session.
   */
  readonly subjects: readonly BanSubject[]
  readonly isDisabled?: boolean
  /** Called when the user submits the form, to end the sessions through the API. @throws {ApiError} */
  readonly end: (terms: EndTerms) => Promise<unknown>
  readonly close: () => void
}

const subjectTexts: Readonly<Record<BanSubject, string>> = {
  user: 'the user',
  address: 'the address',
}

/** Form for the reason for which sessions are ended, and for a ban. */
export function EndForm(props: EndFormProps): JSX.Element {
  const { action: text, subjects, isDisabled = false, end, close } = props
  const action = useAction()
  const [reason, setReason] = useState('')
  const [length, setLength] = useState('')
  const [subject, setSubject] = useState<BanSubject>(subjects[0] ?? 'user')
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const ban = length === '' ? undefined : { seconds: Number(length), subject }
    if (await action.run(() => end({ reason: reason.trim(), ...(ban && { ban }) }))) close()
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Field label="Reason" hint="Stays with the session in the list of those that have left.">
        {(ids) => (
          <input
            {...ids}
            maxLength={256}
            value={reason}
            onInput={({ currentTarget }) => setReason(currentTarget.value)}
          />
        )}
      </Field>
      <div class="tools">
        <BanLengthField value={length} onChange={setLength} />
        {length !== '' && subjects.length > 0 && (
          <Field label="Ban of">
            {(ids) => (
              <select
                {...ids}
                value={subject}
                onChange={({ currentTarget }) => setSubject(currentTarget.value as BanSubject)}
              >
                {subjects.map((known) => (
                  <option key={known} value={known}>
                    {subjectTexts[known]}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
      </div>
      {length !== '' && subjects.length === 0 && (
        <p class="hint">
          Bans the users of these sessions, and the addresses of those without one.
        </p>
      )}
      <p role="alert">{action.problem}</p>
      <div class="actions">
        <Button onClick={close}>Cancel</Button>
        <button type="submit" class="danger" disabled={isDisabled || action.isRunning}>
          {text}
        </button>
      </div>
    </form>
  )
}

interface BanLengthFieldProps {
  readonly value: string
  readonly onChange: (value: string) => void
}

function BanLengthField({ value, onChange }: BanLengthFieldProps): JSX.Element {
  return (
    <Field label="Ban">
      {(ids) => (
        <select {...ids} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          <option value="">no ban</option>
          {banLengths.map(({ seconds, text }) => (
            <option key={seconds} value={seconds}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
