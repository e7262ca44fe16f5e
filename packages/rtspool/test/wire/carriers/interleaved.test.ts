import { describe, expect, it } from 'vitest'
import { serializeCompound } from '../../../src/rtcp/index.js'
import { inSession } from '../../support/dialogue.js'
import { scene } from '../../support/scene.js'
import { connectTo, expectOk, openUdpPorts, play, rtpPacket } from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

const viewer = () => scene().camera().ready().start()

const receiverReport = serializeCompound([{ type: 'receiverReport', ssrc: 1, reports: [] }])

const frame = (channel: number, payload: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from([0x24, channel, payload.length >>> 8, payload.length & 0xff]),
    payload,
  ])

describe('interleaved frames', () => {
  it('answers never cut a frame, nor frames an answer', { tags: 'A-ILV-1' }, async () => {
    const { sources, url, client, session } = await viewer()
    await inSession(client, 'PLAY', url, session)
    const [video, audio] = sources[0]?.output?.tracks ?? []
    const count = 500
    const answers = []
    for (let n = 0; n < count; n++) {
      // What looks like a frame or an answer inside a packet is neither.
      const payload = Buffer.from(n % 2 ? '$\x00\x00\x04RTSP/1.0 200 OK\r\n\r\n' : '$'.repeat(n))
      video?.push(rtpPacket({ sequenceNumber: n, payload, marker: true }))
      audio?.push(rtpPacket({ sequenceNumber: n, payload, marker: true }))
      if (n % 10 === 0) answers.push(inSession(client, 'OPTIONS', url, session))
      if (n % 5 === 0) await nextTurn()
    }
    const statusCodes = (await Promise.all(answers)).map(({ statusCode }) => statusCode)
    expect(new Set(statusCodes)).toEqual(new Set([200]))
    const on = (channel: number) => client.frames.filter((each) => each.channel === channel)
    await until(() => on(0).length + on(2).length === 2 * count)
    for (const channel of [0, 2]) {
      expect(on(channel).map(({ payload }) => payload.readUInt16BE(2))).toEqual(
        Array.from({ length: count }, (_, n) => n),
      )
    }
  })

  it('accepts frames of the client at every boundary between requests', {
    tags: 'A-ILV-2',
  }, async () => {
    const { client } = await viewer()
    const options = (cSeq: number) => Buffer.from(`OPTIONS * RTSP/1.0\r\nCSeq: ${cSeq}\r\n\r\n`)
    client.send(
      Buffer.concat([
        options(1),
        frame(1, receiverReport),
        frame(1, receiverReport),
        options(2),
        Buffer.from('\r\n'),
        frame(3, receiverReport),
        options(3),
      ]),
    )
    for (const cSeq of ['1', '2', '3']) {
      expect((await client.response()).headers.get('CSeq')).toBe(cSeq)
    }
  })

  it('frames on an unknown channel are dropped and counted', { tags: 'A-ILV-3' }, async () => {
    const { server, client } = await viewer()
    const other = await connectTo(server)
    other.sendFrame(9, Buffer.alloc(4))
    other.sendFrame(255, Buffer.alloc(4))
    await expectOk(other, 'OPTIONS', '*')
    await expectOk(client, 'OPTIONS', '*')
    expect(server.stats().unknownChannelFrames).toBe(2)
    await other.close()
    await until(() => server.stats().connections <= 1)
    client.sendFrame(77, Buffer.alloc(4))
    await expectOk(client, 'OPTIONS', '*')
    expect(server.stats().unknownChannelFrames).toBe(3)
  })

  it('empty frames and the largest ones do no harm', { tags: 'A-ILV-4' }, async () => {
    const { url, client, session } = await viewer()
    await inSession(client, 'PLAY', url, session)
    for (const channel of [0, 1, 2, 3, 9]) {
      client.sendFrame(channel, Buffer.alloc(0))
      client.sendFrame(channel, Buffer.alloc(65_535))
    }
    await expectOk(client, 'OPTIONS', '*')
  })

  it('a publisher may send them too: no RTP, so they go nowhere', { tags: 'A-ILV-4' }, async () => {
    const { publisher, viewer: client } = await scene().publisher(['TCP']).viewer(['TCP']).start()
    publisher.sendFrame(0, Buffer.alloc(0))
    publisher.sendFrame(0, Buffer.alloc(65_535))
    publisher.sendFrame(1, Buffer.alloc(65_535))
    publisher.sendFrame(0, rtpPacket({ sequenceNumber: 1, marker: true }))
    await until(() => client.frames.length > 0)
    expect(client.frames.filter(({ channel }) => channel === 0).length).toBe(1)
  })

  it('after TEARDOWN frames are dropped', { tags: 'A-ILV-5' }, async () => {
    const { url, client, session } = await viewer()
    await inSession(client, 'TEARDOWN', url, session)
    client.sendFrame(1, receiverReport)
    await expectOk(client, 'OPTIONS', '*')
  })

  it('packets of 10,000 bytes harm no UDP viewer, and reach a TCP viewer', {
    tags: 'A-RTP-3',
  }, async () => {
    const {
      server,
      url,
      publisher,
      viewer: tcpViewer,
    } = await scene().publisher(['TCP']).viewer(['TCP']).start()
    const ports = await openUdpPorts()
    await play(await connectTo(server), url, [ports])
    publisher.sendFrame(0, rtpPacket({ sequenceNumber: 1, payload: Buffer.alloc(10_000) }))
    publisher.sendFrame(0, rtpPacket({ sequenceNumber: 2, payload: Buffer.alloc(65_500) }))
    publisher.sendFrame(0, rtpPacket({ sequenceNumber: 3, marker: true }))
    const has = (packets: readonly Buffer[]) =>
      packets.some((packet) => packet.readUInt16BE(2) === 3)
    await until(() => has(ports.rtp))
    await until(() => tcpViewer.frames.filter(({ channel }) => channel === 0).length === 3)
  })
})
