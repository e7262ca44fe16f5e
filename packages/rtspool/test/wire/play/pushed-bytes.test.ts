import { describe, expect, it } from 'vitest'
import { byteContainers, notBytes } from '../../support/byte-containers.js'
import { mountCamera } from '../../support/dialogue.js'
import {
  connectTo,
  openUdpPorts,
  play,
  rtpPacket,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import { until } from '../../support/until.js'
import { warningsDuring } from '../../support/warnings.js'

const packet = (sequenceNumber: number): Buffer =>
  rtpPacket({ sequenceNumber, marker: true, payload: Buffer.from([0x41, sequenceNumber & 0xff]) })

/** A viewer by TCP and one by UDP of a camera that pushes what it likes. */
async function watch() {
  const server = await startServer()
  const [source] = [mountCamera(server)]
  const tcp = await connectTo(server)
  const udp = await connectTo(server)
  const ports = await openUdpPorts()
  const datagrams: Buffer[] = []
  ports.rtpSocket.on('message', (datagram) => void datagrams.push(datagram))
  await play(tcp, urlOf(server, '/cam'), ['TCP'])
  await play(udp, urlOf(server, '/cam'), [ports])
  const push = (value: unknown): boolean =>
    source[0]?.output?.tracks[0]?.push(value as Uint8Array) ?? false
  const frames = () =>
    tcp.frames.filter(({ channel }) => channel === 0).map(({ payload }) => payload)
  const [session] = server.pool.values()
  return { server, push, frames, datagrams, session }
}

describe('values that a source pushes', { tags: 'U-1' }, () => {
  it('reach viewers by TCP and UDP unchanged, from any Uint8Array', async () => {
    const { push, frames, datagrams } = await watch()
    const sent = byteContainers.map((_, index) => packet(index + 1))
    byteContainers.forEach(([, of], index) => {
      expect(push(of(sent[index] as Buffer))).toBe(true)
    })
    await until(() => frames().length >= sent.length && datagrams.length >= sent.length)
    expect(frames()).toEqual(sent)
    expect(datagrams).toEqual(sent)
  })

  it('do no harm if their memory is transferred or shrinks before they are sent', async () => {
    const { push, frames } = await watch()
    const gone = new Uint8Array(packet(1))
    expect(push(gone)).toBe(true)
    structuredClone(gone, { transfer: [gone.buffer] })
    expect(push(gone)).toBe(false)
    const [, shrinking] = byteContainers[4] as (typeof byteContainers)[number]
    const shrunk = shrinking(packet(2))
    expect(push(shrunk)).toBe(true)
    ;(shrunk.buffer as unknown as { resize(length: number): void }).resize(4)
    push(packet(3))
    await until(() => frames().at(-1)?.equals(packet(3)) === true)
  })

  it('are refused unless a Uint8Array with RTP: counted, reported once, and the flow continues', async () => {
    const { push, frames, session } = await watch()
    const wrong = [
      ...notBytes.map(([, value]) => value),
      new Uint8Array(0),
      Buffer.alloc(65_536, 0x80),
      Buffer.from([0, 0, 0, 1, 0x67, 0, 0, 0, 0, 0, 0, 0, 0]),
      Buffer.from([0, 0, 1, 0x65, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      Buffer.from('80c8000000000000000000000000', 'hex'),
    ]
    const warnings = await warningsDuring(async () => {
      for (const value of wrong) expect(push(value)).toBe(false)
      push(packet(7))
      await until(() => frames().length > 0)
    })
    expect(warnings).toEqual([
      [
        'RTSPOOL_REFUSED_PACKET',
        '/cam: the source pushed to track 0 what is no RTP packet: expected a Uint8Array with one, got undefined',
      ],
    ])
    expect(frames()).toEqual([packet(7)])
    expect(session?.stats.packetsOut).toBe(1)
  })

  it.each([
    [Buffer.from([0, 0, 0, 1, 0x67, 0x42, 0, 0x1f, 0, 0, 0, 0]), 'got Annex B'],
    [new Uint8Array([0, 0, 1, 0x40, 1, 0, 0, 0, 0, 0, 0, 0]), 'got Annex B'],
    [Buffer.from('80c8000000000000000000000000', 'hex'), 'got RTCP'],
    [Buffer.alloc(65_536, 0x80), 'got 65536 bytes, more than 65535'],
    [Buffer.alloc(11, 0x80), 'got 11 bytes without a valid header'],
    [new DataView(new ArrayBuffer(20)), 'got DataView'],
    ['v=0', 'got string'],
  ])('the warning names what it got: %#', { tags: 'U-10' }, async (value, got) => {
    const { push } = await watch()
    const warnings = await warningsDuring(() => push(value))
    expect(warnings[0]?.[1]).toContain(got)
  })
})
