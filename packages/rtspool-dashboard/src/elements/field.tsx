import type { ComponentChildren, JSX } from 'preact'
import { useId } from 'preact/hooks'

interface FieldProps {
  readonly label: string
  /** Sentence below the field that explains what to enter. */
  readonly hint?: ComponentChildren
  /**
   * Function that creates the `<input>` or `<select>` of the field. The element must have the given ids, which connect
   * it to the label and the hint.
   */
  readonly children: (ids: { id: string; 'aria-describedby'?: string }) => JSX.Element
}

/** A field of a form with its label, and with a hint if it needs one. */
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
