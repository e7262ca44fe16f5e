import { describe, expect, it } from 'vitest'
import { PeerTokens } from '../../src/cluster/peer-tokens.js'
import { readRelayed, signRelayed } from '../../src/cluster/relayed-requests.js'
import { RtspHeaders, RtspParser, serializeRequest } from '../../src/rtsp/index.js'

const key = 'a secret of all nodes'
const unixTimeMs = () => 1_796_040_000_000
const [tag, receiver] = ['0a1b2c3d', '0b1c2d3e']
const node = { tokens: new PeerTokens({ key, tags: () => [tag], unixTimeMs }), tag, receiver }
/** The other node, which has seen no request. */
const other = () => new PeerTokens({ key, tags: () => [receiver], unixTimeMs })
const request = {
  ...{ method: 'SET_PARAMETER', uri: 'rtsp://192.0.2.1/cam' },
  headers: [
    ['CSeq', '4'],
    ['Session', 'abc'],
  ] as [string, string][],
  body: Buffer.from('volume: 5\r\n'),
}
const client = { address: '192.0.2.7', user: 'ann' }

const received = (headers: readonly (readonly [string, string])[], change = {}) => ({
  ...{ ...request, headers: new RtspHeaders(headers) },
  ...change,
})
const signed = signRelayed(request, client, node)
const without = (name: string) => signed.filter(([each]) => each !== name)
const replaced = (name: string, value: string) =>
  signed.map(([each, before]): [string, string] => [each, each === name ? value : before])

describe('signRelayed', () => {
  it('tells another node for which client a request is', () => {
    expect(readRelayed(received(signed), other())).toEqual(client)
    expect(without('X-Relay-Token')).toEqual([
      ...request.headers,
      ['X-Relay-Via', '0a1b2c3d'],
      ['X-Relay-Client', '{"address":"192.0.2.7","user":"ann"}'],
    ])
  })

  it.each(['', 'ann\r\nX: y', 'Änne 😀', '"', '\u2028'])(
    'keeps the user %j on the wire',
    (user) => {
      const lines = signRelayed(request, { address: '2001:db8::1', user }, node)
      const { method, uri, body } = request
      const seen: unknown[] = []
      const parser = new RtspParser({
        request: (each) => seen.push(readRelayed(each, other())),
        response: () => {},
        interleaved: () => {},
      })
      parser.push(serializeRequest({ method, uri, body, headers: new RtspHeaders(lines) }))
      expect(seen).toEqual([{ address: '2001:db8::1', user }])
    },
  )

  it('keeps a client without login', () => {
    const lines = signRelayed(request, { address: '192.0.2.7', user: undefined }, node)
    expect(readRelayed(received(lines), other())).toEqual({ address: '192.0.2.7', user: undefined })
  })
})

describe('readRelayed', () => {
  it.each([
    { change: 'method', given: received(signed, { method: 'TEARDOWN' }) },
    { change: 'URI', given: received(signed, { uri: 'rtsp://192.0.2.1/other' }) },
    { change: 'body', given: received(signed, { body: Buffer.from('volume: 6\r\n') }) },
    { change: 'session', given: received(replaced('Session', 'abd')) },
    {
      change: 'client',
      given: received(replaced('X-Relay-Client', '{"address":"192.0.2.7","user":"bob"}')),
    },
    { change: 'node', given: received(replaced('X-Relay-Via', '00000000')) },
    { change: 'second node', given: received([...signed, ['X-Relay-Via', '00000000']]) },
    { change: 'second client', given: received([...signed, ['X-Relay-Client', '{}']]) },
    { change: 'further header line', given: received([...signed, ['Range', 'npt=5-']]) },
    { change: 'missing header line', given: received(without('CSeq')) },
    { change: 'missing client', given: received(without('X-Relay-Client')) },
    { change: 'missing token', given: received(without('X-Relay-Token')) },
    { change: 'wrong token', given: received(replaced('X-Relay-Token', 'yes')) },
    { change: 'second token', given: received([...signed, ['X-Relay-Token', 'yes']]) },
    { change: 'missing body', given: received(signed, { body: undefined }) },
    { change: 'missing request', given: undefined },
  ])('refuses another $change', ({ given }) => {
    expect(readRelayed(given, other())).toBeUndefined()
  })

  it('refuses a repetition, another receiver, and another key', () => {
    const first = other()
    const seen = [signed, signed].map((lines) => readRelayed(received(lines), first))
    expect(seen).toEqual([client, undefined])
    expect(readRelayed(received(signed), node.tokens)).toBeUndefined()
    const stranger = { key: 'another secret!!', tags: () => [receiver], unixTimeMs }
    expect(readRelayed(received(signed), new PeerTokens(stranger))).toBeUndefined()
  })

  it.each([{}, { address: '' }, { address: 5 }, { address: '192.0.2.7', user: 5 }])(
    'refuses the client %j of a node of another version',
    (wrong) => {
      const lines = signRelayed(request, wrong as typeof client, node)
      expect(readRelayed(received(lines), other())).toBeUndefined()
    },
  )
})
