import { describe, expect, it } from 'vitest'
import { StreamDirectory } from '../../../src/cluster/memory/stream-directory.js'

function directoryOf(alive: readonly string[] = ['a', 'b']) {
  const streams = new StreamDirectory()
  let serial = 0
  const rules = { hasLease: (tag: string) => alive.includes(tag), nextSerial: () => ++serial }
  const publish = (tag: string, claim = 1, takesOver = false) =>
    streams.publish({ tag, epoch: 'e', path: '/x', claim, info: `of ${tag}`, takesOver }, rules)
  const unpublish = (tag: string, claim: number) =>
    streams.unpublish({ tag, epoch: 'e', path: '/x', claim }, rules.nextSerial)
  const holder = () => streams.list((tag) => tag !== 'dead')[0]?.tag
  return { streams, publish, unpublish, holder }
}

describe('StreamDirectory', () => {
  it('assigns a path to one node, and repeats its reply', () => {
    const { streams, publish } = directoryOf()
    expect(publish('a')).toEqual({ status: 'ok', fence: 1 })
    expect(publish('a')).toEqual({ status: 'ok', fence: 1 })
    expect(publish('b')).toEqual({ status: 'taken', holder: 'a' })
    expect(streams.list(() => true)).toEqual([
      { path: '/x', tag: 'a', fence: 1, claim: 1, info: 'of a' },
    ])
  })

  it('gives a path to another node that takes it over, or when the lease of its node has expired', () => {
    const { publish } = directoryOf()
    publish('a')
    expect(publish('b', 1, true)).toEqual({ status: 'ok', fence: 2 })
    const late = directoryOf(['b'])
    late.publish('a')
    expect(late.publish('b')).toEqual({ status: 'ok', fence: 2 })
  })

  it('ignores late requests of an earlier publication of the same node', () => {
    const { publish, unpublish, holder } = directoryOf()
    publish('a', 2)
    expect(publish('a', 1)).toEqual({ status: 'stale' })
    unpublish('a', 1)
    unpublish('b', 9)
    expect(holder()).toBe('a')
    unpublish('a', 2)
    expect(holder()).toBeUndefined()
  })

  it('has a new version after each change, and forgets the streams of nodes that are gone', () => {
    const { streams, publish, unpublish, holder } = directoryOf(['dead'])
    const versions = [streams.version]
    publish('dead')
    versions.push(streams.version)
    publish('dead')
    versions.push(streams.version)
    unpublish('dead', 1)
    versions.push(streams.version)
    expect(versions).toEqual([0, 1, 1, 2])
    publish('dead')
    expect([holder(), streams.list(() => true)]).toEqual([undefined, []])
  })
})
