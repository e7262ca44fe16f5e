import { describe, expect, it } from 'vitest'
import { boundsText, changedBounds } from '../../src/sessions/bounds.js'

describe('bounds of a session', () => {
  const expiresAt = Date.UTC(2026, 5, 1, 12, 30, 15) / 1000
  const before = boundsText({ timeoutSeconds: 60, expiresAt })

  it('are sent where their fields have changed', () => {
    expect(changedBounds(before, before)).toEqual({})
    expect(changedBounds(before, { ...before, timeoutSeconds: '0' })).toEqual({ timeoutSeconds: 0 })
    expect(changedBounds(before, { ...before, expiresAt: '' })).toEqual({ expiresAt: null })
  })

  it('are times of the browser, to the second', () => {
    const never = boundsText({ timeoutSeconds: 60 })
    expect(never.expiresAt).toBe('')
    expect(changedBounds(never, before)).toEqual({ expiresAt })
  })
})
