import { describe, expect, it } from 'vitest'
import {
  type ClusterSession,
  mergePages,
  type NodePage,
  readCursors,
  readPage,
} from '../../../src/cluster/node/session-pages.js'
import { SessionPool } from '../../../src/session-pool/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

const nameOf = (n: number) => ({ tag: `0000000${n}`, name: `node ${n}` })
const stats = { packetsIn: 0, bytesIn: 0, packetsOut: 0, packetsLost: 0 }

/** Page of sessions with these numbers of bytes. */
const pageOf = (n: number, bytes: readonly number[], cursor?: string): NodePage => ({
  node: nameOf(n),
  sessions: bytes.map((bytesOut) => {
    const session = { node: nameOf(n), stats: { ...stats, bytesOut } }
    return session as unknown as ClusterSession
  }),
  cursors: bytes.map((each) => `${each}_1`),
  cursor,
})
const bytesOf = (sessions: readonly ClusterSession[]) => sessions.map((each) => each.stats.bytesOut)
const none = new Map()

describe('mergePages', () => {
  it('keeps the order, and begins the next page behind the last session of each node', () => {
    const pages = [pageOf(1, [9, 5, 1]), pageOf(2, [8, 7, 6]), pageOf(3, [4])]
    const page = mergePages(pages, { sort: 'bytes' }, 4, none)
    expect(bytesOf(page.sessions)).toEqual([9, 8, 7, 6])
    expect(readCursors(page.cursor)).toEqual(
      new Map([
        ['00000001', '9_1'],
        ['00000002', '6_1'],
      ]),
    )
    const last = mergePages([pageOf(1, [5, 1]), pageOf(3, [4])], { sort: 'bytes' }, 4, none)
    expect([bytesOf(last.sessions), last.cursor]).toEqual([[5, 4, 1], undefined])
  })

  it('begins with the smallest value in ascending order', () => {
    const pages = [pageOf(1, [1, 5]), pageOf(2, [2, 3])]
    const { sessions } = mergePages(pages, { sort: 'bytes', order: 'ascending' }, 9, none)
    expect(bytesOf(sessions)).toEqual([1, 2, 3, 5])
  })

  it('ends a page where the next session of a node is not known', () => {
    const pages = [pageOf(1, [9, 8], '8_1'), pageOf(2, [3])]
    const page = mergePages(pages, { sort: 'bytes' }, 9, none)
    expect(bytesOf(page.sessions)).toEqual([9, 8])
    expect(readCursors(page.cursor).get('00000001')).toBe('8_1')
  })

  it('takes no session of others before one of a node that has not found its first one yet', () => {
    const before = new Map([['00000002', '10_1']])
    const page = mergePages([pageOf(1, [], '4_1'), pageOf(2, [8])], { sort: 'bytes' }, 9, before)
    expect(page.sessions).toEqual([])
    expect(Object.fromEntries(readCursors(page.cursor))).toEqual({
      ...{ '00000001': '4_1', '00000002': '10_1' },
    })
    const next = mergePages([pageOf(1, [9]), pageOf(2, [8])], { sort: 'bytes' }, 9, before)
    expect([bytesOf(next.sessions), next.cursor]).toEqual([[9, 8], undefined])
  })

  it('keeps the cursor of a node that is not heard, or that has no session on the page', () => {
    const before = new Map([
      ['00000001', '20_1'],
      ['00000007', '30_1'],
    ])
    const page = mergePages([pageOf(1, [2]), pageOf(2, [9])], { sort: 'bytes' }, 1, before)
    expect(Object.fromEntries(readCursors(page.cursor))).toEqual({
      ...{ '00000001': '20_1', '00000002': '9_1', '00000007': '30_1' },
    })
  })
})

describe('readCursors', () => {
  it.each(['', 'x', '00000001', '00000001:1~', '0000000g:1'])('refuses the text %o', (text) => {
    expect(() => readCursors(text)).toThrow(RangeError)
  })
})

describe('readPage', () => {
  it('reads sessions as the pool of the node has them', () => {
    const pool = new SessionPool({ clock: new ManualClock() })
    const session = pool.create({ path: '/cam', owner: { address: '192.0.2.1' } })
    const { sessions, cursors } = pool.list()
    const sent = sessions.map((each) => ({ ...each.toJSON(), queuedBytes: 7 }))
    const page = readPage(JSON.parse(JSON.stringify({ sessions: sent, cursors })), nameOf(1))
    expect(page?.sessions[0]).toMatchObject({
      ...{ node: nameOf(1), publicId: session.publicId, queuedBytes: 7, paths: ['/cam'] },
      createdTime: session.createdTime,
    })
    pool.close()
  })

  const good = {
    ...{ publicId: 'x', paths: [], stats, queuedBytes: 0 },
    ...{ createdTime: new Date(0).toJSON(), lastAccessTime: new Date(0).toJSON() },
  }
  it.each([
    null,
    { sessions: [good] },
    { sessions: [], cursors: ['1'] },
    { sessions: [{ ...good, createdTime: 'soon' }], cursors: ['1'] },
    { sessions: [{ ...good, paths: 7 }], cursors: ['1'] },
    { sessions: [{ ...good, queuedBytes: undefined }], cursors: ['1'] },
    { sessions: [7], cursors: ['1'] },
  ])('reads no page from %o', (value) => {
    expect(readPage({ sessions: [good], cursors: ['1'] }, nameOf(1))).toBeDefined()
    expect(readPage(value, nameOf(1))).toBeUndefined()
  })
})
