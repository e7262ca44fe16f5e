import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Field, Table, useAction } from '../elements/index.js'
import { limitFields } from '../limits/limit-fields.js'
import { textColumn } from '../lists/client-columns.js'
import { useVisitor } from '../visitor/visitor-context.js'
import { changeClusterLimit, type LimitRow } from './cluster-limits.js'

const columns = [
  textColumn<LimitRow>('server', 'Server', '12rem', ({ server }) => server),
  {
    ...{ id: 'answer', title: 'Answer', width: '20rem' },
    cell: ({ text, kind }: LimitRow) => <span class={kind}>{text}</span>,
    hint: ({ text }: LimitRow) => text,
  },
]

/** Form with which an admin changes one limit of all servers, and a table with the answer of each. */
export function ClusterLimitsForm(): JSX.Element {
  const { client } = useVisitor()
  const action = useAction()
  const [name, setName] = useState('maxSessions')
  const [value, setValue] = useState('')
  const [rows, setRows] = useState<readonly LimitRow[]>([])
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    setRows([])
    await action.run(async () => setRows(await changeClusterLimit(client, name, Number(value))))
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <h2>Limits of all servers</h2>
      <p class="hint">
        A change holds until each server restarts: save it in their configurations, too. 0 =
        unlimited.
      </p>
      <div class="grid">
        <Field label="Limit">
          {(ids) => (
            <select {...ids} value={name} onChange={(event) => setName(event.currentTarget.value)}>
              {limitFields.map((field) => (
                <option key={field.name} value={field.name}>
                  {field.label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="New value">
          {(ids) => (
            <input
              {...ids}
              type="number"
              min={0}
              step={limitFields.find((field) => field.name === name)?.isSeconds ? 'any' : 1}
              required
              value={value}
              onInput={({ currentTarget }) => setValue(currentTarget.value)}
            />
          )}
        </Field>
      </div>
      <p role="alert">{action.problem}</p>
      {rows.length > 0 && (
        <Table label="Answers" columns={columns} rows={rows} keyOf={({ tag }) => tag} />
      )}
      <div class="actions">
        <button type="submit" class="main" disabled={action.isRunning}>
          Change on all servers
        </button>
      </div>
    </form>
  )
}
