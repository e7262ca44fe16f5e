import type { RefObject } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

/**
 * Gives the focus to the first of some elements that accepts it. Leaves out elements that were
 * removed from the page, and the `<body>`, which has the focus when no other element has it.
 */
export function focusFirst(elements: readonly (HTMLElement | null | undefined)[]): void {
  for (const element of elements) {
    const owner = element?.ownerDocument
    if (!element?.isConnected || element === owner?.body) continue
    element.focus({ preventScroll: true })
    if (owner?.activeElement === element) return
  }
}

/**
 * Hook that keeps the focus in a region whose focused element is removed, such as a button in a row
 * of a table. The region itself then gets the focus, so that the keyboard still works there.
 */
export function useFocusWithin(region: RefObject<HTMLElement | null>): void {
  const focused = useRef<Element | undefined>(undefined)
  useLayoutEffect(() => {
    const element = region.current
    if (!element) return
    const note = ({ target }: FocusEvent): void => {
      focused.current = target as Element
    }
    const forget = ({ target }: FocusEvent): void => {
      // Some browsers tell of an element that is about to be removed: that one counts as focused.
      queueMicrotask(() => {
        if ((target as Element).isConnected && focused.current === target) {
          focused.current = undefined
        }
      })
    }
    element.addEventListener('focusin', note)
    element.addEventListener('focusout', forget)
    return () => {
      element.removeEventListener('focusin', note)
      element.removeEventListener('focusout', forget)
    }
  }, [])
  // After each drawing, because a drawing removes rows.
  useLayoutEffect(() => {
    if (!focused.current || focused.current.isConnected) return
    focused.current = undefined
    if (document.activeElement === document.body) focusFirst([region.current])
  })
}
