import { describe, expect, it } from 'vitest'
import { ClusterPeers } from '../../../src/cluster/node/cluster-peers.js'
import { RtspHeaders } from '../../../src/rtsp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

const clock = new ManualClock()
const peersOf = (tag: string, key?: string) =>
  new ClusterPeers({ key, tag: () => tag, unixTimeMs: () => clock.unixTimeMs() })
const key = 'a secret of all nodes'
const [a, b] = [peersOf('0000000a', key), peersOf('0000000b', key)]
const client = { address: '192.0.2.7', user: 'ann' }
const line = { method: 'DESCRIBE', uri: 'rtsp://192.0.2.1/x' }
const requestOf = (lines: readonly (readonly [string, string])[], change = {}) => ({
  ...{ ...line, headers: new RtspHeaders(lines) },
  ...change,
})

describe('ClusterPeers', () => {
  it('recognizes a request of another node, and the nodes that it has passed', () => {
    const request = requestOf(a.headers(line, ['0000000c']))
    expect([b.isPeer(request), b.viaOf(request)]).toEqual([true, ['0000000a', '0000000c']])
  })

  it.each([
    { change: 'method', request: requestOf(a.headers(line), { method: 'SETUP' }) },
    { change: 'URI', request: requestOf(a.headers(line), { uri: 'rtsp://192.0.2.1/y' }) },
    {
      change: 'list of nodes',
      request: requestOf([['X-Relay-Via', '0000000c'], ...a.headers(line).slice(1)]),
    },
    {
      change: 'key',
      request: requestOf(peersOf('0000000a', 'another secret!!').headers(line)),
    },
    { change: 'missing token', request: requestOf(a.headers(line).slice(0, 1)) },
    { change: 'wrong token', request: requestOf([['X-Relay-Token', 'yes']]) },
    { change: 'missing header', request: requestOf([]) },
    { change: 'missing request', request: undefined },
  ])('refuses another $change', ({ request }) => {
    expect(b.isPeer(request)).toBe(false)
  })

  it.each(['ANNOUNCE', 'RECORD'])('lets no node publish without login, by %s', (method) => {
    const headers = a.headers({ ...line, method })
    expect(b.isPeer(requestOf(headers, { method }))).toBe(false)
  })

  it('refuses a token that is older or newer than five minutes', () => {
    const request = requestOf(a.headers(line))
    const seen = [299_000, -299_000, 302_000, -302_000].map((ms) => {
      const other = new ClusterPeers({
        ...{ key, tag: () => '0000000b', unixTimeMs: () => clock.unixTimeMs() + ms },
      })
      return other.isPeer(request)
    })
    expect(seen).toEqual([true, true, false, false])
  })

  it('recognizes nobody without a key, and reads no list of another form', () => {
    const none = peersOf('0000000d')
    expect(none.headers(line)).toEqual([['X-Relay-Via', '0000000d']])
    expect(none.isPeer(requestOf(none.headers(line)))).toBe(false)
    expect(none.viaOf(requestOf([['X-Relay-Via', 'me']]))).toEqual([])
  })

  it('recognizes a request for a client of another node, but not as one of that node', () => {
    const passed = { ...line, headers: [['Session', 'x']] as const, body: '' }
    const request = { ...passed, headers: new RtspHeaders(a.relayHeaders(passed, client)) }
    expect([b.clientOf(request), b.isPeer(request)]).toEqual([client, false])
    expect(b.clientOf({ ...requestOf(a.headers(line)), body: '' })).toBeUndefined()
    expect(peersOf('0000000d').clientOf(request)).toBeUndefined()
    expect(() => peersOf('0000000d').relayHeaders(passed, client)).toThrow('with a peerKey')
  })
})
