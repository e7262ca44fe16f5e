import { describe, expect, it } from 'vitest'
import { connect, type ForwardedUnit, forward } from '../../../src/client/index.js'
import { serializeCompound } from '../../../src/rtcp/index.js'
import { createDepacketizer } from '../../../src/rtp/index.js'
import { parseSdp } from '../../../src/sdp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { closeAfterTest } from '../../support/open-things.js'
import { scene } from '../../support/scene.js'
import { frame, ScriptedCamera } from '../../support/scripted-camera.js'
import { rtpPacket, startServer, urlOf } from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

const slice = (type: number, size = 30) =>
  Buffer.concat([Buffer.from([0x60 | type, 0x80]), Buffer.alloc(size, 7)])

/** A server with a camera, and another one to forward to. */
async function twoServers() {
  const { server, url, sources, push } = await scene().camera().start()
  const other = await startServer({ clock: new ManualClock() })
  return { server, url, sources, push, other, to: urlOf(other, '/live/copy') }
}

async function viewerOf(url: string) {
  const viewer = await connect(url)
  closeAfterTest(viewer)
  await viewer.play()
  return viewer
}

describe('forward', () => {
  it('plays a client, and sends its packets on byte for byte', async () => {
    const { url, push, to } = await twoServers()
    const client = await connect(url)
    closeAfterTest(client)
    const publisher = await forward(client, to)
    closeAfterTest(publisher)
    expect(client.state).toBe('playing')
    const viewer = await viewerOf(to)
    const packets = viewer.packets()
    for (const sequenceNumber of [1, 2, 3]) {
      const sent = rtpPacket({ sequenceNumber, marker: true, payload: slice(5, 1200) })
      push(sent)
      expect((await packets.next()).value?.packet).toEqual(sent)
    }
    await publisher.close()
    push(rtpPacket({ sequenceNumber: 4, marker: true, payload: slice(1) }))
    await until(() => client.stats().packets === 4)
    expect(client.state).toBe('playing')
    expect(publisher.tracks[0]?.stats).toMatchObject({ packets: 3, droppedPackets: 0 })
  })

  it('ends the publisher with the client, for the same reason', async () => {
    const { url, server, to } = await twoServers()
    const client = await connect(url)
    const publisher = await forward(client, to)
    closeAfterTest(publisher)
    await server.close()
    await until(() => publisher.state === 'closed')
    await client.close()
    await expect(forward(client, to)).rejects.toBeInstanceOf(Error)
  })

  it('ends the publisher with a client that ends while the publisher is opened', async () => {
    const camera = await ScriptedCamera.start()
    const client = await connect(camera.url, { clock: new ManualClock() })
    closeAfterTest(client)
    await client.play()
    let hasEnded = false
    client.once('ended', () => {
      hasEnded = true
    })
    const to = await ScriptedCamera.start({ RECORD: undefined })
    const forwarded = forward(client, to.url, { clock: new ManualClock() })
    await until(() => to.of('RECORD').length === 1)
    const bye = serializeCompound([{ type: 'bye', ssrcs: [] }])
    camera.send(Buffer.concat([frame(1, bye), frame(3, bye)]))
    await until(() => hasEnded)
    const cSeq = to.of('RECORD')[0]?.headers.get('cseq')
    to.send(`RTSP/1.0 200 OK\r\nCSeq: ${cSeq}\r\n\r\n`)
    const publisher = await forwarded
    closeAfterTest(publisher)
    expect(publisher.state).toBe('closed')
    expect(publisher.error).toBeUndefined()
    expect(client.listenerCount('ended')).toBe(0)
  })

  it('announces before PLAY only the tracks that the client will set up', async () => {
    const [camera, to] = [await ScriptedCamera.start(), await ScriptedCamera.start()]
    const clock = new ManualClock()
    const client = await connect(camera.url, { clock, tracks: ({ kind }) => kind === 'audio' })
    closeAfterTest(client)
    await expect(forward(client, to.url, { tracks: client.tracks })).rejects.toThrow(
      'forward expects tracks that the client sets up (1), got track 0',
    )
    expect(to.requests).toEqual([])
    const publisher = await forward(client, to.url, { clock })
    closeAfterTest(publisher)
    expect(publisher.tracks.map(({ description }) => description.kind)).toEqual(['audio'])
    expect([camera.of('SETUP').length, to.of('SETUP').length]).toEqual([1, 1])
  })

  it('refuses a closed client before it connects', async () => {
    const [camera, to] = [await ScriptedCamera.start(), await ScriptedCamera.start()]
    const client = await connect(camera.url, { clock: new ManualClock() })
    await client.close()
    await expect(forward(client, to.url)).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
    expect(to.sockets).toEqual([])
  })

  it('packetizes what is read inside a server', async () => {
    const { server, url, push, to } = await twoServers()
    await viewerOf(url)
    const [media] = server.media
    if (!media) throw new Error('no media')
    const publisher = await forward(server.read('/cam'), to, { tracks: media.tracks })
    closeAfterTest(publisher)
    const viewer = await viewerOf(to)
    const units = viewer.accessUnits()
    for (const sequenceNumber of [1, 2, 3]) {
      const payload = slice(sequenceNumber === 1 ? 5 : 1, 900)
      push(rtpPacket({ sequenceNumber, marker: true, timestamp: sequenceNumber * 3000, payload }))
      const { value } = await units.next()
      expect(value).toMatchObject({ timestamp: sequenceNumber * 3000, lostPackets: 0 })
      expect(value?.parts.at(-1)).toEqual(payload)
    }
    await server.close()
    await until(() => publisher.state === 'closed')
  })

  it('announces AAC-lbr units in the mode of their new packets', async () => {
    const to = await ScriptedCamera.start()
    const fmtp =
      'streamtype=5;mode=AAC-lbr;config=1188;sizelength=6;indexlength=2;indexdeltalength=2'
    const sdp = ['v=0', 'm=audio 0 RTP/AVP 97', 'a=rtpmap:97 mpeg4-generic/48000/1']
    const { media } = parseSdp([...sdp, `a=fmtp:97 ${fmtp}`, ''].join('\r\n'))
    const tracks = media.map((description, index) => ({ index, description }))
    const unit = Buffer.alloc(300, 7)
    async function* source(): AsyncGenerator<ForwardedUnit> {
      yield { track: { index: 0 }, parts: [unit], timestamp: 1024, unixTimeMs: undefined }
    }
    const publisher = await forward(source(), to.url, { tracks, clock: new ManualClock() })
    await until(() => publisher.state === 'closed')
    const [described] = parseSdp(to.of('ANNOUNCE')[0]?.body ?? '').media
    const parameters = described?.fmtp(97)
    expect(parameters?.split(';').sort()).toEqual([
      ...['config=1188', 'indexdeltalength=3', 'indexlength=3', 'mode=AAC-hbr', 'sizelength=13'],
      'streamtype=5',
    ])
    const depacketizer = createDepacketizer({
      encoding: 'MPEG4-GENERIC',
      kind: 'audio',
      parameters,
    })
    const packets = () => to.frames.filter(({ channel }) => channel === 0)
    await until(() => packets().length === 1)
    const [sent] = packets()
    const units = [...depacketizer.push(sent?.payload ?? Buffer.alloc(0)), ...depacketizer.flush()]
    expect(units.flatMap(({ parts }) => parts)).toEqual([unit])
  })

  it('reads units no faster than they are sent', async () => {
    const camera = await ScriptedCamera.start()
    const { media } = parseSdp('v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n')
    const tracks = media.map((description, index) => ({ index, description }))
    let read = 0
    const wanted = 3000
    async function* source(): AsyncGenerator<ForwardedUnit> {
      while (read < wanted) {
        read++
        const parts = [slice(5, 10_000)]
        yield { track: { index: 0 }, parts, timestamp: read * 3000, unixTimeMs: undefined }
      }
    }
    const options = { tracks, maxQueuedBytes: 100_000, clock: new ManualClock() }
    const publisher = await forward(source(), camera.url, options)
    closeAfterTest(publisher)
    camera.sockets[0]?.pause()
    await nextTurn(100)
    expect(read).toBeLessThan(wanted)
    camera.sockets[0]?.resume()
    await until(() => publisher.state === 'closed')
    expect(publisher.tracks[0]?.stats.droppedPackets).toBe(0)
    expect(read).toBe(wanted)
  })

  it('ends with the error of the units', async () => {
    const camera = await ScriptedCamera.start()
    const { media } = parseSdp('v=0\r\nm=audio 0 RTP/AVP 0\r\n')
    const tracks = media.map((description, index) => ({ index, description }))
    // biome-ignore lint/correctness/useYield: it fails before
    async function* source(): AsyncGenerator<ForwardedUnit> {
      throw new Error('disk')
    }
    const publisher = await forward(source(), camera.url, { tracks, clock: new ManualClock() })
    await until(() => publisher.state === 'closed')
    expect(publisher.error).toMatchObject({ message: 'disk' })
    await expect(forward(source(), camera.url)).rejects.toThrow('option tracks')
    await expect(forward(5 as never, camera.url)).rejects.toThrow(/source must/)
  })
})
