import type { ComponentChildren, JSX } from 'preact'

interface ButtonProps {
  /** `main` is the action that a form is for; `danger` ends or removes something; `skip` shows with the focus only. */
  readonly kind?: 'plain' | 'main' | 'danger' | 'link' | 'skip'
  /** Name for readers of the screen, where the text alone is not clear. */
  readonly label?: string
  readonly disabled?: boolean
  readonly onClick: () => void
  readonly children: ComponentChildren
}

/** A button that does something at once. Forms have a `<button type="submit">` of their own. */
export function Button(props: ButtonProps): JSX.Element {
  const { kind = 'plain', label, disabled = false, onClick, children } = props
  return (
    <button type="button" class={kind} aria-label={label} disabled={disabled} onClick={onClick}>
      {children}
    </button>
  )
}
