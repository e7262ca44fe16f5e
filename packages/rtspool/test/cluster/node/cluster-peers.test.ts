import { describe, expect, it } from 'vitest'
import { ClusterPeers } from '../../../src/cluster/node/cluster-peers.js'
import type { ClusterNodeInfo } from '../../../src/cluster/node/cluster-view.js'
import { RtspHeaders } from '../../../src/rtsp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

const clock = new ManualClock()
const key = 'a secret of all nodes'
const nodeOf = (tag: string, protocol = 2): ClusterNodeInfo => ({
  ...{ tag, protocol, state: 'active', live: 0, name: undefined, address: undefined },
})

interface PeersTerms {
  readonly key?: string | undefined
  /** Other nodes. */
  readonly nodes?: readonly ClusterNodeInfo[]
  readonly skewMs?: number
}

function peersOf(tag: string, terms: PeersTerms = {}) {
  const { nodes = [], skewMs = 0 } = terms
  return new ClusterPeers({
    ...{ key: 'key' in terms ? terms.key : key, tags: () => [tag] },
    unixTimeMs: () => clock.unixTimeMs() + skewMs,
    others: () => nodes,
    tagOf: (id) => (id.startsWith('of ') ? id.slice(3) : undefined),
  })
}

const a = peersOf('0000000a')
/** The other node, which has seen no request. */
const b = (terms?: PeersTerms) => peersOf('0000000b', terms)
const to = '0000000b'
const client = { address: '192.0.2.7', user: 'ann' }
const line = { method: 'DESCRIBE', uri: 'rtsp://192.0.2.1/x' }
const requestOf = (lines: readonly (readonly [string, string])[], change = {}) => ({
  ...{ ...line, headers: new RtspHeaders(lines) },
  ...change,
})

describe('ClusterPeers', () => {
  it('recognizes a request of another node, and the nodes that it has passed', () => {
    const node = b()
    const request = requestOf(a.headers(line, { to, served: ['0000000c'] }))
    expect([node.isPeer(request), node.viaOf(request)]).toEqual([true, ['0000000a', '0000000c']])
  })

  it('recognizes a request once, and not at a third node', () => {
    const node = b()
    const request = requestOf(a.headers(line, { to }))
    expect(node.clientOf(request)).toBeUndefined()
    const seen = [request, request, { ...request }].map((each) => node.isPeer(each))
    expect(seen).toEqual([true, false, false])
    expect(peersOf('0000000c').isPeer(request)).toBe(false)
  })

  it.each([
    { change: 'method', request: requestOf(a.headers(line, { to }), { method: 'SETUP' }) },
    { change: 'URI', request: requestOf(a.headers(line, { to }), { uri: 'rtsp://192.0.2.1/y' }) },
    {
      change: 'list of nodes',
      request: requestOf([['X-Relay-Via', '0000000c'], ...a.headers(line, { to }).slice(1)]),
    },
    {
      change: 'list of nodes without form',
      request: requestOf([['X-Relay-Via', 'me'], ...a.headers(line, { to }).slice(1)]),
    },
    {
      change: 'key',
      request: requestOf(peersOf('0000000a', { key: 'another secret!!' }).headers(line, { to })),
    },
    { change: 'missing token', request: requestOf(a.headers(line, { to }).slice(0, 1)) },
    { change: 'wrong token', request: requestOf([['X-Relay-Token', 'yes']]) },
    { change: 'missing header', request: requestOf([]) },
    { change: 'missing request', request: undefined },
  ])('refuses another $change', ({ request }) => {
    expect(b().isPeer(request)).toBe(false)
  })

  it.each(['ANNOUNCE', 'RECORD'])('lets no node publish without login, by %s', (method) => {
    const headers = a.headers({ ...line, method }, { to })
    expect(b().isPeer(requestOf(headers, { method }))).toBe(false)
  })

  it('refuses a token that is older or newer than five minutes', () => {
    const request = requestOf(a.headers(line, { to }))
    const seen = [300_000, -299_000, 302_000, -302_000].map((skewMs) =>
      b({ skewMs }).isPeer(request),
    )
    expect(seen).toEqual([true, true, false, false])
  })

  it('recognizes nobody without a key, and reads no list of another form', () => {
    const none = peersOf('0000000d', { key: undefined })
    expect(none.headers(line, { to })).toEqual([['X-Relay-Via', '0000000d']])
    expect(none.isPeer(requestOf(none.headers(line, { to })))).toBe(false)
    expect(none.viaOf(requestOf([['X-Relay-Via', 'me']]))).toEqual([])
  })

  it('finds the node of a session id', () => {
    const node = b({ nodes: [nodeOf('0000000a')] })
    expect(node.ownerOf('of 0000000a')).toEqual(nodeOf('0000000a'))
    expect(node.others()).toEqual([nodeOf('0000000a')])
    expect([node.ownerOf('of 0000000c'), node.ownerOf('other')]).toEqual([undefined, undefined])
  })

  it('recognizes a request for a client of another node, but not as one of that node', () => {
    const node = b()
    const passed = { ...line, headers: [['Session', 'x']] as const, body: '' }
    const lines = a.relayHeaders(passed, client, { to })
    const request = { ...passed, headers: new RtspHeaders(lines) }
    expect([node.isPeer(request), node.clientOf(request)]).toEqual([false, client])
    expect([node.clientOf(request), node.clientOf({ ...request })]).toEqual([undefined, undefined])
    expect(b().clientOf({ ...requestOf(a.headers(line, { to })), body: '' })).toBeUndefined()
    const none = peersOf('0000000d', { key: undefined })
    expect(none.clientOf(request)).toBeUndefined()
    expect(() => none.relayHeaders(passed, client, { to })).toThrow('with a peerKey')
  })
})

describe('ClusterPeers beside a node with the protocol 1', () => {
  const old = [nodeOf('0000000a', 1)]
  const toOld = peersOf('0000000a', { nodes: [nodeOf('0000000b', 1)] }).headers(line, { to })

  it('sends tokens that the node understands', () => {
    expect(toOld[1]?.[1]).toMatch(/^\d+ [\w-]{43}$/)
  })

  it('accepts its tokens while it is a member', () => {
    expect(b({ nodes: old }).isPeer(requestOf(toOld))).toBe(true)
    expect(b({ nodes: [nodeOf('0000000a')] }).isPeer(requestOf(toOld))).toBe(false)
    expect(b().isPeer(requestOf(toOld))).toBe(false)
  })

  it.each([
    ['method', { method: 'SETUP' }],
    ['URI', { uri: 'rtsp://192.0.2.1/y' }],
    [
      'list of nodes',
      { headers: new RtspHeaders([['X-Relay-Via', '0000000a 0000000c'], ...toOld.slice(1)]) },
    ],
  ])('refuses another %s', (_, change) => {
    expect(b({ nodes: old }).isPeer(requestOf(toOld, change))).toBe(false)
  })

  it('refuses a token that is older or newer than five minutes', () => {
    const seen = [300_000, -299_000, 302_000, -302_000].map((skewMs) =>
      b({ nodes: old, skewMs }).isPeer(requestOf(toOld)),
    )
    expect(seen).toEqual([true, true, false, false])
  })
})
