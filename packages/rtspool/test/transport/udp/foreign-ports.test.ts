import { describe, expect, it } from 'vitest'
import { ForeignPorts } from '../../../src/transport/udp/foreign-ports.js'
import { rtpPacket } from '../../support/test-server.js'

const from = (ssrc: number) => rtpPacket({ sequenceNumber: 1, ssrc })

describe('N3 ForeignPorts', () => {
  it('notifies each peer of the address at most once, through any changes', {
    tags: 'B-RTP',
  }, () => {
    let seed = 1
    const random = (below: number) => {
      seed = (seed * 48_271) % 0x7fff_ffff
      return seed % below
    }
    for (let round = 0; round < 200; round++) {
      const ports = new ForeignPorts()
      const peers = Array.from({ length: 12 }, (_, index) => {
        const address = index % 3 === 0 ? '10.0.0.2' : '10.0.0.1'
        const told: number[] = []
        const watch = ports.add(address, (port) => told.push(port), index % 4 === 0)
        return { address, told, watch, index, isGone: false, ssrc: -1 }
      })
      for (let step = 0; step < 40; step++) {
        const peer = peers[random(peers.length)]
        if (!peer) continue
        const kind = random(4)
        if (kind === 0) {
          ports.delete(peer.watch)
          peer.isGone = true
        } else if (kind === 1 && !peer.isGone && !peer.watch.isHeard) {
          ports.heard(peer.watch, from(peer.index))
          peer.ssrc = peer.index
        } else if (kind === 2) {
          const before = peers.map(({ told }) => told.length)
          const ssrc = random(20)
          ports.look(from(ssrc), peer.address, 5000 + step)
          for (const [at, { told, address, isGone, ssrc: own }] of peers.entries()) {
            if (told.length === before[at]) continue
            expect([address, isGone, own === -1 || own === ssrc]).toEqual([
              ...[peer.address, false, true],
            ])
          }
        }
      }
      for (const address of ['10.0.0.1', '10.0.0.2']) {
        for (let ssrc = 0; ssrc < 12; ssrc++) {
          for (let n = 0; n < 12; n++) ports.look(from(ssrc), address, 9000)
        }
      }
      for (const { told, isGone } of peers) {
        expect(told.length).toBeLessThanOrEqual(1)
        if (!isGone) expect(told).toHaveLength(1)
      }
    }
  })

  it('looks at one peer for each datagram of a flood', { tags: 'B-RTP' }, () => {
    const ports = new ForeignPorts()
    let looks = 0
    for (let n = 0; n < 1000; n++) {
      const watch = ports.add('10.0.0.1', () => {})
      ports.heard(watch, from(n))
      Object.defineProperty(watch, 'ssrc', { get: () => ++looks && n })
    }
    looks = 0
    for (let n = 0; n < 1000; n++) ports.look(from(5000), '10.0.0.1', 9)
    for (let n = 0; n < 1000; n++) ports.look(from(5000), '10.0.0.2', 9)
    expect(looks).toBeLessThanOrEqual(2000)
  })

  it.each([
    Buffer.alloc(0),
    Buffer.from([0x80]),
    Buffer.from([0x80, 200, 0, 0]),
    Buffer.alloc(11, 0x80),
    Buffer.from('dummy'),
  ])('ignores a datagram that is too short to compare: %j', { tags: 'B-RTP' }, (datagram) => {
    const ports = new ForeignPorts()
    const told: string[] = []
    const heard = ports.add('10.0.0.1', () => told.push('heard'))
    ports.heard(heard, datagram)
    ports.add('10.0.0.1', () => told.push('unheard'))
    ports.look(datagram, '10.0.0.1', 9)
    ports.look(datagram, '10.0.0.1', 9)
    expect(told).toEqual(['unheard'])
  })

  it.each<[string, Buffer, string[]]>([
    ['a bare header', from(0), ['publisher', 'viewer']],
    ['octets that are no RTP', Buffer.from('a few octets to open it'), ['publisher', 'viewer']],
    ['nothing', Buffer.alloc(0), ['publisher', 'viewer']],
    ['a frame', rtpPacket({ sequenceNumber: 1, payload: Buffer.alloc(1200) }), ['publisher']],
    [
      'one octet of sound',
      rtpPacket({ sequenceNumber: 1, payload: Buffer.alloc(1) }),
      ['publisher'],
    ],
    ['SRTP', rtpPacket({ sequenceNumber: 1, payload: Buffer.alloc(50, 0xa7) }), ['publisher']],
  ])(
    'tells viewers only of what opens a NAT: %s',
    { tags: 'B-RTP' },
    (_name, datagram, expected) => {
      const ports = new ForeignPorts()
      const told: string[] = []
      const viewer = ports.add('10.0.0.1', () => told.push('viewer'), true)
      ports.add('10.0.0.1', () => told.push('publisher'))
      ports.look(datagram, '10.0.0.1', 9)
      ports.look(datagram, '10.0.0.1', 9)
      expect(told).toEqual(expected)
      ports.delete(viewer)
      ports.look(from(0), '10.0.0.1', 9)
      expect(told).toEqual(expected)
    },
  )
})
