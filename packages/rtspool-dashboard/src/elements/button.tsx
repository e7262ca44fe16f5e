import type { ComponentChildren, JSX } from 'preact'

interface ButtonProps {
  /**
   * Look of the button. `main` is the purpose of a form; `danger` ends or removes something. `skip`
   * is invisible until it has the focus.
   */
  readonly kind?: 'plain' | 'main' | 'danger' | 'link' | 'skip'
  /** Name of the button for screen readers, if its text alone is not clear. */
  readonly label?: string
  readonly disabled?: boolean
  readonly onClick: () => void
  readonly children: ComponentChildren
}

/**
 * A button that acts at once, without submitting a form. A form has a `<button type="submit">`
 * instead.
 */
export function Button(props: ButtonProps): JSX.Element {
  const { kind = 'plain', label, disabled = false, onClick, children } = props
  return (
    <button type="button" class={kind} aria-label={label} disabled={disabled} onClick={onClick}>
      {children}
    </button>
  )
}
