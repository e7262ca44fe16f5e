import { describe, expect, it } from 'vitest'
import { withReplayRules } from '../../src/replay/replay-rules.js'

describe('rights on recordings', () => {
  it('are those on the path, unless the rule names others', () => {
    const rules = [
      { path: '/live/door', read: ['ann', 'bob'], publish: ['cam'], replay: ['ann'] },
      { path: '/*', read: 'authenticated', publish: 'anyone', from: ['10.0.0.0/8'] },
    ] as const
    expect(withReplayRules(rules, '/replay')).toEqual([
      { path: '/live/door', read: ['ann', 'bob'], publish: ['cam'] },
      rules[1],
      { path: '/replay/live/door', read: ['ann'] },
      { path: '/replay/*', read: 'authenticated', from: ['10.0.0.0/8'] },
    ])
  })

  it('are nobody’s where nobody may play, and never let anybody publish', () => {
    expect(withReplayRules([{ path: '/cam', publish: 'anyone' }], '/replay')).toEqual([
      { path: '/cam', publish: 'anyone' },
      { path: '/replay/cam' },
    ])
  })

  it('stay as the configuration gives them for the path of the replay itself', () => {
    const rules = [
      { path: '/*', read: 'anyone' },
      { path: '/replay/*', read: ['ann'] },
    ] as const
    expect(withReplayRules(rules, '/replay')).toEqual([
      ...rules,
      // Recordings of paths below that of the replay itself.
      { path: '/replay/replay/*', read: ['ann'] },
    ])
  })

  it('are those on the path where the path of the replay is above it', () => {
    const rules = [
      { path: '/*', read: 'anyone' },
      { path: '/live/door', read: ['ann'] },
    ] as const
    expect(withReplayRules(rules, '/live')).toEqual([
      ...rules,
      { path: '/live/*', read: 'anyone' },
      { path: '/live/live/door', read: ['ann'] },
    ])
  })

  it('need no rules of their own while nothing is replayed', () => {
    const rules = [{ path: '/', read: 'anyone', replay: ['ann'] }] as const
    expect(withReplayRules(rules, undefined)).toEqual([{ path: '/', read: 'anyone' }])
    expect(withReplayRules(rules, '/replay')).toEqual([
      { path: '/', read: 'anyone' },
      { path: '/replay', read: ['ann'] },
    ])
  })
})
