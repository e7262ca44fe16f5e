import type { ComponentChildren, JSX } from 'preact'
import { useId } from 'preact/hooks'

interface FieldProps {
  readonly label: string
  /** Sentence below the field. */
  readonly hint?: ComponentChildren
  /** Makes the `<input>` or `<select>` with the ids that tie label and hint to it. */
  readonly children: (ids: { id: string; 'aria-describedby'?: string }) => JSX.Element
}

/** A field of a form with its label, and a hint where it needs one. */
export function Field({ label, hint, children }: FieldProps): JSX.Element {
  const id = useId()
  const hintId = `${id}-hint`
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, ...(hint && { 'aria-describedby': hintId }) })}
      {hint && (
        <p class="hint" id={hintId}>
          {hint}
        </p>
      )}
    </div>
  )
}
