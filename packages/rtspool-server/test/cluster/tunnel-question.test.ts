import { ClusterNode, MemoryStore } from 'rtspool/cluster'
import { expect, it } from 'vitest'
import { headOf, keyOf, questionFor, readQuestion } from '../../src/cluster/tunnel-question.js'

const store = new MemoryStore()
const nodeWith = (peerKey = 'a secret of all nodes') => new ClusterNode({ store, peerKey })
const ends = { remoteAddress: '192.0.2.7', remotePort: 4711, localAddress: '::1', localPort: 554 }
const request = {
  ...{ ...ends, isSecure: true, cookie: 'abc', first: Buffer.alloc(0) },
  socket: undefined as never,
}

it('carries the key of the tunnel and the addresses of the client, once, to one server', () => {
  const [a, b, c] = [nodeWith(), nodeWith(), nodeWith('another secret of all')]
  const bytes = questionFor(request, a.peers, b.tag)
  const { method, headers } = headOf(bytes)
  expect([method, `${bytes}`.includes('abc')]).toEqual(['POST', false])
  const expected = { key: keyOf(request), connection: { ...ends, isSecure: true } }
  expect([c, a, b, b].map(({ peers }) => readQuestion(headers, peers))).toEqual([
    ...[undefined, undefined, expected, undefined],
  ])
})

it.each(['x-sessioncookie', 'x-relay-ends', 'x-relay-via', 'x-relay-client', 'x-relay-token'])(
  'proves nothing with another %s, or without one',
  (name) => {
    const [a, b] = [nodeWith(), nodeWith()]
    const { headers } = headOf(questionFor(request, a.peers, b.tag))
    const changed = new Map([...headers, [name, `${headers.get(name)}0`]])
    const without = new Map([...headers].filter(([each]) => each !== name))
    expect([changed, without].map((each) => readQuestion(each, b.peers))).toEqual([
      ...[undefined, undefined],
    ])
    expect(readQuestion(headers, b.peers)?.key).toBe(keyOf(request))
  },
)

it('has one key for the addresses of one host, and other keys for another host, cookie or kind of connection', () => {
  const six = { ...request, remoteAddress: '2001:db8::1' }
  expect(keyOf({ ...six, remoteAddress: '2001:db8::2', remotePort: 1 })).toBe(keyOf(six))
  expect(keyOf({ ...request, remoteAddress: '::ffff:192.0.2.7' })).toBe(keyOf(request))
  const others = [{ cookie: 'abd' }, { isSecure: false }, { remoteAddress: '192.0.2.8' }]
  const keys = [{}, ...others].map((change) => keyOf({ ...request, ...change }))
  expect(new Set(keys).size).toBe(4)
})
