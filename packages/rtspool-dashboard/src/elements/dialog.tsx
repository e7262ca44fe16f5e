import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { focusFirst } from './focus.js'

interface DialogProps {
  readonly title: string
  /** Called after the dialog was closed, by its button or by Escape. */
  readonly onClose: () => void
  /** True for a dialog as wide as the page allows. */
  readonly isWide?: boolean
  readonly children: ComponentChildren
}

/**
 * A dialog above the page, which keeps the keyboard focus inside. When the dialog closes, the focus returns to the
 * element that opened it. If that element was removed, its table gets the focus, or without a table the page.
 */
export function Dialog({ title, onClose, isWide = false, children }: DialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const shown = dialog.current
    const opener = document.activeElement as HTMLElement | null
    const table = opener?.closest<HTMLElement>('section.table')
    shown?.showModal()
    return () => {
      shown?.close()
      focusFirst([opener, table, document.querySelector('main')])
    }
  }, [])
  return (
    <dialog ref={dialog} class={isWide ? 'wide' : undefined} aria-label={title} onClose={onClose}>
      <header>
        <h2>{title}</h2>
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </header>
      {children}
    </dialog>
  )
}
