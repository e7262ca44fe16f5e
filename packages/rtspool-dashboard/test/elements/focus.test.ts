import { describe, expect, it } from 'vitest'
import { focusFirst } from '../../src/elements/focus.js'

interface Page {
  body: object
  activeElement: object
}

/** A page with elements, one of which may be disabled or removed. */
function page() {
  const body = {}
  const ownerDocument: Page = { body, activeElement: body }
  const element = ({ isConnected = true, isDisabled = false } = {}) => {
    const made = {
      ...{ isConnected, ownerDocument },
      focus: () => {
        if (!isDisabled) ownerDocument.activeElement = made
      },
    }
    return made as unknown as HTMLElement
  }
  Object.assign(body, { isConnected: true, ownerDocument, focus: () => {} })
  return { element, body: body as HTMLElement, focused: () => ownerDocument.activeElement }
}

describe('the focus after a dialog', () => {
  it('returns to the opener', () => {
    const { element, focused } = page()
    const opener = element()
    focusFirst([opener, element()])
    expect(focused()).toBe(opener)
  })

  it('goes to the table where the row of the opener has gone, or to the page', () => {
    const { element, focused } = page()
    const [gone, table, main] = [element({ isConnected: false }), element(), element()]
    focusFirst([gone, table, main])
    expect(focused()).toBe(table)
    focusFirst([gone, null, main])
    expect(focused()).toBe(main)
  })

  it('passes by a disabled opener, and the body of the page', () => {
    const { element, body, focused } = page()
    const main = element()
    focusFirst([element({ isDisabled: true }), undefined, main])
    expect(focused()).toBe(main)
    focusFirst([body, main])
    expect(focused()).toBe(main)
  })
})
