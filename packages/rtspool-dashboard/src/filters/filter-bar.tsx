import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button, Field } from '../elements/index.js'
import type { FilterField, FilterValues } from './session-filter.js'

interface FilterBarProps {
  /** Label of the field for a text to search for. */
  readonly label: string
  readonly fields: readonly FilterField[]
  readonly values: FilterValues
  readonly onChange: (values: FilterValues) => void
  /** Controls that stand beside the filter, in the same row. */
  readonly children?: ComponentChildren
}

/**
 * Controls for the filter of a table: a field for any text, and on demand one field for each
 * property.
 */
export function FilterBar(props: FilterBarProps): JSX.Element {
  const { label, fields, values, onChange, children } = props
  const set = (name: string, value: string): void => onChange({ ...values, [name]: value })
  const used = fields.filter(({ name }) => (values[name] ?? '') !== '')
  // The person opens and closes the fields, so that a field that becomes empty stays on the screen.
  const [isOpen] = useState(used.length > 0)
  const isEmpty = used.length === 0 && (values.like ?? '') === ''
  const none = Object.fromEntries(['like', ...fields.map(({ name }) => name)].map((n) => [n, '']))
  return (
    <search class="filters">
      <div class="tools">
        <input
          type="search"
          aria-label={label}
          placeholder={label}
          value={values.like ?? ''}
          onInput={({ currentTarget }) => set('like', currentTarget.value)}
        />
        <Button disabled={isEmpty} onClick={() => onChange({ ...values, ...none })}>
          Clear filter
        </Button>
        {children}
      </div>
      <details open={isOpen}>
        <summary>More filters</summary>
        <div class="tools">
          {fields.map((field) => (
            <FilterInput
              key={field.name}
              field={field}
              value={values[field.name] ?? ''}
              onChange={(value) => set(field.name, value)}
            />
          ))}
        </div>
      </details>
    </search>
  )
}

interface FilterInputProps {
  readonly field: FilterField
  readonly value: string
  readonly onChange: (value: string) => void
}

function FilterInput({ field, value, onChange }: FilterInputProps): JSX.Element {
  const { label, placeholder, choices, isNumber } = field
  return (
    <Field label={label}>
      {(ids) =>
        choices ? (
          <select {...ids} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
            <option value="">any</option>
            {choices.map((choice) => (
              <option key={choice} value={choice}>
                {choice}
              </option>
            ))}
          </select>
        ) : (
          <input
            {...ids}
            {...(isNumber ? { type: 'number', min: 0 } : {})}
            placeholder={placeholder}
            value={value}
            onInput={(event) => onChange(event.currentTarget.value)}
          />
        )
      }
    </Field>
  )
}
