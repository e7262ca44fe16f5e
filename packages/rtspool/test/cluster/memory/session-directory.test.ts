import { describe, expect, it } from 'vitest'
import { SessionDirectory } from '../../../src/cluster/memory/session-directory.js'

describe('SessionDirectory', () => {
  const removal = (publicId: string) => ({ publicId, value: 'v', reason: 'teardown' })

  it('records a removal once, and none of a session that it does not have', () => {
    const directory = new SessionDirectory(10)
    directory.put('a', { publicId: 'x', value: 'v' })
    directory.remove('b', removal('x'), 1)
    directory.remove('a', removal('x'), 2)
    directory.remove('a', removal('x'), 3)
    const record = { serial: 1, publicId: 'x', value: 'v', tag: 'a', reason: 'teardown' }
    expect(directory.removals(undefined, 100)).toEqual([{ ...record, unixTimeMs: 2 }])
    expect(directory.list('a')).toEqual([])
  })

  it('pages through records, the latest first or from a serial on', () => {
    const directory = new SessionDirectory(3)
    for (const publicId of ['1', '2', '3', '4']) {
      directory.put('a', { publicId, value: 'v' })
      directory.remove('a', removal(publicId), 0)
    }
    const ids = (after: number | undefined, limit: number) =>
      directory.removals(after, limit).map(({ publicId }) => publicId)
    expect(ids(undefined, 100)).toEqual(['4', '3', '2'])
    expect(ids(undefined, 1)).toEqual(['4'])
    expect(ids(0, 2)).toEqual(['2', '3'])
    expect(ids(3, 100)).toEqual(['4'])
  })

  it('removes the sessions of a dead node in steps', () => {
    const directory = new SessionDirectory(10)
    for (const publicId of ['1', '2', '3']) directory.put('a', { publicId, value: 'v' })
    expect(directory.reap('a', 2, 0)).toBe(false)
    expect(directory.list('a')).toHaveLength(1)
    expect(directory.reap('a', 2, 0)).toBe(true)
    const reasons = directory.removals(undefined, 100).map(({ reason }) => reason)
    expect(reasons).toEqual(['nodeLost', 'nodeLost', 'nodeLost'])
  })
})
