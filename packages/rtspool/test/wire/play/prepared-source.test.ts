import { describe, expect, it } from 'vitest'
import {
  createMediaDescription,
  MediaFactory,
  type MediaFactoryOptions,
  type MediaOutput,
} from '../../../src/index.js'
import { sequenceNumberOf } from '../../../src/rtp/index.js'
import { parseRtpInfo } from '../../../src/rtsp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { bytesOf } from '../../support/bytes-of.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { StoredTestSource } from '../../support/stored-test-source.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  rtpPacket,
  startServer,
  transportHeader,
  urlOf,
} from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'
import { until } from '../../support/until.js'

/** A live source whose packets come from when it is made. */
class LiveSource extends TestSource {
  prepared: MediaOutput | undefined
  #next = 65_530

  prepare(output: MediaOutput): void {
    this.prepared = output
  }

  /** Pushes a picture of one packet. @returns Its sequence number. */
  push(isKey: boolean): number {
    return this.pushPicture([isKey ? '65 88' : '41 88'])
  }

  /** Pushes a picture of a packet for each payload. @returns The first sequence number. */
  pushPicture(payloads: readonly string[]): number {
    const first = this.#next & 0xffff
    const timestamp = (this.#next * 3_600) >>> 0
    for (const [index, payload] of payloads.entries()) {
      const sequenceNumber = this.#next++ & 0xffff
      const marker = index === payloads.length - 1
      this.prepared?.tracks[0]?.push(
        rtpPacket({ sequenceNumber, timestamp, marker, payload: bytesOf(payload) }),
      )
    }
    return first
  }

  pushAudio(sequenceNumber: number): void {
    const packet = rtpPacket({ sequenceNumber, payloadType: 97, payload: Buffer.alloc(20) })
    this.prepared?.tracks[1]?.push(packet)
  }
}

async function setUp(options: MediaFactoryOptions = {}, encoding?: string) {
  const clock = new ManualClock()
  const server = await startServer({ clock })
  const sources: LiveSource[] = []
  const factory = new MediaFactory(() => {
    const source = new LiveSource()
    if (encoding) {
      const clockRate = 90_000
      const video = { kind: 'video', payloadType: 96, encoding, clockRate } as const
      source.description.media[0] = createMediaDescription(video)
    }
    sources.push(source)
    return source
  }, options)
  server.mounts.add('/cam', factory)
  return { clock, server, url: urlOf(server, '/cam'), sources, factory }
}

const numbersOn = (client: RtspTestClient, channel: number) =>
  client.frames
    .filter((frame) => frame.channel === channel)
    .map(({ payload }) => sequenceNumberOf(payload))

/** SETUP and PLAY of the first track. */
async function setUpAndPlay(
  client: RtspTestClient,
  url: string,
  carrier = transportHeader('TCP', 0),
) {
  const setup = await expectOk(client, 'SETUP', `${url}/trackID=0`, {
    headers: { Transport: carrier },
  })
  return expectOk(client, 'PLAY', `${url}/`, { headers: { Session: sessionIdOf(setup) } })
}

describe('packets of a live source before its first viewer plays', { tags: 'U-11' }, () => {
  it.each([
    ['shared media', {}],
    ['media of one viewer', { shared: false }],
  ])(
    'are kept from the last key frame on, and the viewer begins with them: %s',
    async (_, options) => {
      const { server, url, sources } = await setUp(options)
      const client = await connectTo(server)
      await expectOk(client, 'DESCRIBE', url)
      const [source] = sources
      source?.push(true)
      source?.push(false)
      const pushed = [source?.push(true), source?.push(false)]
      const response = await setUpAndPlay(client, url)
      expect([source?.startCount, sources.length]).toEqual([1, 1])
      pushed.push(source?.push(false))
      await until(() => numbersOn(client, 0).length >= 3)
      expect(numbersOn(client, 0)).toEqual(pushed)
      expect(parseRtpInfo(response.headers.get('RTP-Info') ?? '')[0]?.seq).toBe(pushed[0])
    },
  )

  it.each<[name: string, encoding: string, key: string[], other: string[]]>([
    ['H.264 in fragments', 'H264', ['7c8588', '7c4588'], ['7c8188', '7c4188']],
    ['H.264 with parameter sets', 'H264', ['6764000c', '68ebe3', '6588'], ['419a']],
    ['H.265', 'H265', ['2601af'], ['0201d0']],
    ['VP8', 'VP8', ['1050', '0050'], ['1051']],
    ['VP9', 'VP9', ['8c80018249'], ['cc80018600']],
    ['AV1', 'AV1', ['180a'], ['1032']],
    ['MPEG-4', 'MP4V-ES', ['000001b610'], ['000001b650']],
    ['JPEG', 'JPEG', ['000000000150281eff', '000005000150281eff'], []],
  ])('are kept from the last key frame on: %s', async (_name, encoding, key, other) => {
    const { server, url, sources } = await setUp({}, encoding)
    const client = await connectTo(server)
    await expectOk(client, 'DESCRIBE', url)
    const [source] = sources
    for (const picture of [other, key, other]) source?.pushPicture(picture)
    const first = source?.pushPicture(key) ?? 0
    source?.pushPicture(other)
    await setUpAndPlay(client, url)
    const count = key.length + other.length
    await until(() => numbersOn(client, 0).length >= count)
    const expected = Array.from({ length: count }, (_, index) => (first + index) & 0xffff)
    expect(numbersOn(client, 0)).toEqual(expected)
  })

  it('are sent over UDP too, and OPTIONS creates no media', async () => {
    const { server, url, sources, factory } = await setUp()
    const client = await connectTo(server)
    await expectOk(client, 'OPTIONS', url)
    expect(factory.mediaCount).toBe(0)
    await expectOk(client, 'DESCRIBE', url)
    const key = sources[0]?.push(true)
    const ports = await openUdpPorts()
    await setUpAndPlay(client, url, transportHeader(ports, 0))
    await until(() => ports.rtp.length > 0)
    expect(ports.rtp.map(sequenceNumberOf)).toEqual([key])
  })

  it('has the sound of the same time', async () => {
    const { clock, server, url, sources } = await setUp()
    const client = await connectTo(server)
    await expectOk(client, 'DESCRIBE', url)
    sources[0]?.pushAudio(1)
    clock.advance(20)
    sources[0]?.push(true)
    sources[0]?.pushAudio(2)
    await play(client, url)
    await until(() => numbersOn(client, 2).length >= 1)
    expect(numbersOn(client, 2)).toEqual([2])
  })

  it('is thrown away without a gopCache, and counts in the budget with one', async () => {
    const [none, some] = [await setUp({ gopCache: false }), await setUp()]
    for (const { server, url, sources } of [none, some]) {
      await expectOk(await connectTo(server), 'DESCRIBE', url)
      for (let n = 0; n < 10; n++) sources[0]?.push(n === 0)
    }
    expect(none.server.stats().gopCache.bytes).toBe(0)
    expect(some.server.stats().gopCache.bytes).toBeGreaterThan(10 * 14)
  })
})

describe('prepare', { tags: 'U-11' }, () => {
  it('that throws answers with 503, closes the source, and is tried again', async () => {
    const { server, url, sources, factory } = await setUp()
    const { prepare } = LiveSource.prototype
    LiveSource.prototype.prepare = () => {
      throw new Error('no camera')
    }
    const client = await connectTo(server)
    expect((await client.request('DESCRIBE', url)).statusCode).toBe(503)
    expect([sources[0]?.closeCount, factory.mediaCount]).toEqual([1, 0])
    LiveSource.prototype.prepare = prepare
    await expectOk(client, 'DESCRIBE', url)
  })

  it('that ends the media answers with 503, and the next request makes another', async () => {
    const { server, url, sources } = await setUp()
    const { prepare } = LiveSource.prototype
    LiveSource.prototype.prepare = ({ end }) => end()
    const client = await connectTo(server)
    expect((await client.request('DESCRIBE', url)).statusCode).toBe(503)
    LiveSource.prototype.prepare = prepare
    await expectOk(client, 'DESCRIBE', url)
    expect(sources.length).toBe(2)
  })

  it('end only their media if prepare rejects', async () => {
    const { server, url, sources, factory } = await setUp()
    const { prepare } = LiveSource.prototype
    LiveSource.prototype.prepare = (async () => {
      throw new Error('no camera')
    }) as () => void
    const client = await connectTo(server)
    await client.request('DESCRIBE', url)
    LiveSource.prototype.prepare = prepare
    expect([sources[0]?.closeCount, factory.mediaCount]).toEqual([1, 0])
    await expectOk(client, 'DESCRIBE', url)
  })

  it('that is no function is refused by name', async () => {
    const server = await startServer()
    server.mounts.add(
      '/cam',
      new MediaFactory(() => Object.assign(new TestSource(), { prepare: 1 as never })),
    )
    expect(
      (await (await connectTo(server)).request('DESCRIBE', urlOf(server, '/cam'))).statusCode,
    ).toBe(503)
  })

  it('are not requested of stored media, whose viewers begin at their seek point', async () => {
    const server = await startServer()
    let calls = 0
    const source = Object.assign(new StoredTestSource(), { prepare: () => void calls++ })
    server.mounts.add('/file', new MediaFactory(() => source, { shared: false }))
    await expectOk(await connectTo(server), 'DESCRIBE', urlOf(server, '/file'))
    expect(calls).toBe(0)
  })
})
