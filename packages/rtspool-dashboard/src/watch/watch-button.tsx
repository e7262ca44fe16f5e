import type { ComponentChildren, JSX } from 'preact'
import { useVisitor } from '../visitor/visitor-context.js'

interface WatchButtonProps {
  readonly path: string
  readonly kind?: 'main' | 'link'
  /** Called to open the live picture when the user clicks the button. */
  readonly onClick: () => void
  readonly children: ComponentChildren
}

/**
 * A button for the live picture of a path. It requests a ticket as soon as the pointer or the focus
 * is on the button.
 */
export function WatchButton({ path, kind, onClick, children }: WatchButtonProps): JSX.Element {
  const { tickets } = useVisitor()
  const prepare = (): void => tickets.prepare(path)
  return (
    <button
      type="button"
      class={kind}
      aria-label={`Watch ${path}`}
      onPointerEnter={prepare}
      onPointerDown={prepare}
      onFocus={prepare}
      onClick={onClick}
    >
      {children}
    </button>
  )
}
