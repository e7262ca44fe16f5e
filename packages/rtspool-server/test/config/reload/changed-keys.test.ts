import { describe, expect, it } from 'vitest'
import { changedKeys } from '../../../src/config/reload/changed-keys.js'
import { loadText } from '../config-text.js'

describe('two configurations', () => {
  it('differ in the keys whose values differ', () => {
    const before = loadText('limits: { maxSessions: 5 }').config
    const after = loadText('limits: { maxLifetime: 5 }\npaths: { /cam: { file: a.mp4 } }').config
    expect(changedKeys(before, after)).toEqual([
      ['limits', 'maxSessions'],
      ['limits', 'maxLifetime'],
      ['paths'],
    ])
  })

  it('do not differ in a default that one of them writes out', () => {
    const before = loadText('').config
    const after = loadText(`limits: { maxSessions: ${before.limits.maxSessions} }`).config
    expect(changedKeys(before, after)).toEqual([])
  })
})
