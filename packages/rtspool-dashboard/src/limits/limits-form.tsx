import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button, Field, useAction } from '../elements/index.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { applyLimits, saveLimits } from './change-limits.js'
import {
  type ConfigView,
  changedLimits,
  keyOfLimit,
  type LimitField,
  type Limits,
  limitFields,
  sourceText,
} from './limit-fields.js'

interface LimitsFormProps {
  readonly limits: Limits
  readonly config: ConfigView | undefined
  /** Called after a change of limits, to read the limits from the server again. */
  readonly onChanged: () => Promise<unknown>
}

/** Form with the present limits, which an admin can change. */
export function LimitsForm({ limits, config, onChanged }: LimitsFormProps): JSX.Element {
  const visitor = useVisitor()
  const action = useAction()
  const [fields, setFields] = useState<Readonly<Record<string, string>>>({})
  const [isSaving, setSaving] = useState(true)
  const [done, setDone] = useState('')
  const file = config?.file
  const changed = changedLimits(limits, fields)
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    setDone('')
    const change = isSaving && file !== undefined ? saveLimits : applyLimits
    const isDone = await action.run(async () => {
      setDone(await change(visitor.client, changed))
      await onChanged()
    })
    if (isDone) setFields({})
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <div class="grid">
        {limitFields.map((field) => (
          <LimitInput
            key={field.name}
            field={field}
            value={fields[field.name] ?? String(limits[field.name] ?? '')}
            config={config}
            mayChange={visitor.can('admin')}
            onInput={(value) => setFields({ ...fields, [field.name]: value })}
          />
        ))}
      </div>
      <p class="hint">0 = unlimited. Present sessions and connections stay when a limit shrinks.</p>
      {visitor.can('admin') ? (
        <>
          {file !== undefined && (
            <label class="choice">
              <input
                type="checkbox"
                checked={isSaving}
                onChange={({ currentTarget }) => setSaving(currentTarget.checked)}
              />
              <span>
                Save in <code>{file}</code>, so that the change outlives a restart
              </span>
            </label>
          )}
          <p role="alert">{action.problem}</p>
          <p role="status">{done}</p>
          <div class="actions">
            <Button disabled={Object.keys(fields).length === 0} onClick={() => setFields({})}>
              Undo
            </Button>
            <button
              type="submit"
              class="main"
              disabled={action.isRunning || Object.keys(changed).length === 0}
            >
              Change limits
            </button>
          </div>
        </>
      ) : (
        <p class="hint">Only the role admin may change limits.</p>
      )}
    </form>
  )
}

interface LimitInputProps {
  readonly field: LimitField
  readonly value: string
  readonly config: ConfigView | undefined
  readonly mayChange: boolean
  readonly onInput: (value: string) => void
}

function LimitInput({ field, value, config, mayChange, onInput }: LimitInputProps): JSX.Element {
  const { name, label, isSeconds = false } = field
  const key = keyOfLimit(config, name)
  const hint = key && sourceText(key)
  return (
    <Field label={label} hint={hint}>
      {(ids) =>
        mayChange ? (
          <input
            {...ids}
            type="number"
            min={0}
            step={isSeconds ? 'any' : 1}
            required
            value={value}
            onInput={({ currentTarget }) => onInput(currentTarget.value)}
          />
        ) : (
          <output {...ids}>{value === '0' ? 'unlimited' : value}</output>
        )
      }
    </Field>
  )
}
