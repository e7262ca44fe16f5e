import { describe, expect, test, vi } from 'vitest'
import { constructMedia, MediaFactory } from '../../../src/media/media-factory.js'
import {
  aac,
  av1,
  h264,
  h265,
  LiveMedia,
  l16,
  mjpeg,
  opus,
  pcma,
  pcmu,
  rtp,
  vp8,
  vp9,
} from '../../../src/media/push/index.js'
import { createMediaDescription } from '../../../src/sdp/index.js'
import {
  adtsFrame,
  parameterSets,
  picture,
  pictureUnits,
  withLengths,
} from '../../support/nal-stream.js'
import { rtpPacket } from '../../support/test-server.js'
import { nextTurn } from '../../support/until.js'
import { LiveViewer, liveMedia } from './live-scene.js'

const request = { path: '/cam', query: undefined }
const hex = (parts: readonly Uint8Array[]) => parts.map((part) => Buffer.from(part).toString('hex'))

describe('access units that viewers read are those that were written', () => {
  for (const codec of ['h264', 'h265'] as const) {
    const format = codec === 'h264' ? h264 : h265
    for (const form of ['start codes', 'lengths'] as const) {
      test(`${codec} with ${form}`, async () => {
        const { clock, live, tracks } = liveMedia({ tracks: [format()] })
        const written = Array.from({ length: 25 }, (_, index) =>
          pictureUnits(codec, index, { sizeBytes: 10 + index * 300 }),
        )
        const bytesOf = (index: number) => {
          const sizeBytes = 10 + index * 300
          return form === 'lengths'
            ? withLengths(pictureUnits(codec, index, { sizeBytes }))
            : picture(codec, index, { sizeBytes })
        }
        expect(tracks[0].writeAccessUnit(bytesOf(0), { pts: 7 })).toBe(true)
        const viewer = await LiveViewer.of(live, clock)
        for (let index = 1; index < 25; index++) {
          clock.advance(40)
          expect(tracks[0].writeAccessUnit(bytesOf(index), { pts: 7 + index / 25 })).toBe(true)
        }
        const units = await viewer.units()
        expect(units.map(({ parts }) => hex(parts))).toEqual(written.map(hex))
        expect(units.map(({ isKeyFrame }) => isKeyFrame)).toEqual(
          written.map((_, index) => index % 10 === 0),
        )
        const first = units[0]?.timestamp ?? 0
        const ticks = units.map(({ timestamp }) => (timestamp - first) >>> 0)
        expect(ticks).toEqual(written.map((_, index) => index * 3600))
      })
    }
  }

  test('AAC with ADTS headers, several frames at once, and raw', async () => {
    const { clock, live, tracks } = liveMedia({
      tracks: [aac(), aac({ configuration: Buffer.from('1190', 'hex') })],
    })
    const frames = [1, 2, 3, 4].map((value) => Buffer.alloc(50 + value, value))
    const [one, two, three, four] = frames as [Buffer, Buffer, Buffer, Buffer]
    tracks[0].writeAccessUnit(adtsFrame(Buffer.alloc(9)))
    const viewer = await LiveViewer.of(live, clock)
    tracks[0].writeAccessUnit(adtsFrame(one))
    tracks[0].writeAccessUnit(Buffer.concat([two, three, four].map((frame) => adtsFrame(frame))))
    for (const frame of frames) tracks[1].writeAccessUnit(frame)
    const units = await viewer.units()
    for (const track of [0, 1]) {
      const read = units.filter((unit) => unit.track.index === track)
      expect(read.map(({ parts }) => hex(parts))).toEqual(frames.map((frame) => hex([frame])))
      const steps = read.map(
        ({ timestamp }, index) => timestamp - (read[index - 1]?.timestamp ?? 0),
      )
      expect(steps.slice(1).map((step) => step >>> 0)).toEqual([1024, 1024, 1024])
    }
    expect(viewer.sdp.match(/a=rtpmap.*/g)).toEqual([
      'a=rtpmap:96 mpeg4-generic/48000/2',
      'a=rtpmap:97 mpeg4-generic/48000/2',
    ])
  })

  test('Opus', async () => {
    const { clock, live, tracks } = liveMedia({ tracks: [opus()] })
    const viewer = await LiveViewer.of(live, clock)
    // 20 ms of CELT in stereo (RFC 6716 table 2).
    const packets = [5, 6, 7].map((value) => Buffer.from([0xfc, value, value]))
    for (const packet of packets) expect(tracks[0].writeAccessUnit(packet)).toBe(true)
    expect(tracks[0].writeAccessUnit(Buffer.alloc(0))).toBe(false)
    const units = await viewer.units()
    expect(units.map(({ parts }) => hex(parts))).toEqual(packets.map((packet) => hex([packet])))
    const first = units[0]?.timestamp ?? 0
    expect(units.map(({ timestamp }) => (timestamp - first) >>> 0)).toEqual([0, 960, 1920])
    expect(tracks[0].stats).toEqual({ units: 3, keyFrames: 0, bytes: 9, droppedWrites: 1 })
  })

  test.each([
    { name: 'PCMU', format: pcmu(), sampleBytes: 1, rate: 8000, map: 'PCMU/8000', turned: false },
    { name: 'PCMA', format: pcma(), sampleBytes: 1, rate: 8000, map: 'PCMA/8000', turned: false },
    {
      name: 'L16 from a microphone',
      format: l16({ sampleRate: 16_000 }),
      ...{ sampleBytes: 2, rate: 16_000, map: 'L16/16000', turned: true },
    },
    {
      name: 'L16 in network order',
      format: l16({ sampleRate: 16_000, byteOrder: 'big' }),
      ...{ sampleBytes: 2, rate: 16_000, map: 'L16/16000', turned: false },
    },
  ])('$name in pieces of any size', async ({ format, sampleBytes, rate, map, turned }) => {
    const { clock, live, tracks } = liveMedia({ tracks: [format] })
    const viewer = await LiveViewer.of(live, clock)
    const sound = Buffer.from(Array.from({ length: rate * sampleBytes }, (_, at) => at % 251))
    for (let start = 0, size = 1; start < sound.length; start += size, size = (size % 700) + 37) {
      tracks[0].writeAccessUnit(sound.subarray(start, start + size))
    }
    const units = await viewer.units()
    const sent = Buffer.concat(units.flatMap(({ parts }) => parts))
    const packetSamples = rate / 50
    expect(sent.length).toBe(50 * packetSamples * sampleBytes)
    expect(sent.equals(turned ? Buffer.from(sound).swap16() : sound)).toBe(true)
    const first = units[0]?.timestamp ?? 0
    expect(units.map(({ timestamp }) => (timestamp - first) >>> 0)).toEqual(
      units.map((_, index) => index * packetSamples),
    )
    expect(viewer.sdp).toContain(map)
  })

  test('a configuration of the encoder states the size of lengths and the parameter sets', async () => {
    const [sps, pps] = parameterSets('h264', 0x1e) as [Buffer, Buffer]
    const configuration = Buffer.concat([
      Buffer.from([1, 0x42, 0x00, 0x1e, 0xfd, 0xe1, 0, sps.length]),
      sps,
      Buffer.from([1, 0, pps.length]),
      pps,
    ])
    const { clock, live, tracks } = liveMedia({ tracks: [h264({ configuration })] })
    const viewer = await LiveViewer.of(live, clock)
    const slice = Buffer.alloc(300, 0x65)
    tracks[0].writeAccessUnit(Buffer.concat([Buffer.from([300 >> 8, 300 & 0xff]), slice]))
    // Viewers can begin with the key frame without the description.
    expect((await viewer.units()).map(({ parts }) => hex(parts))).toEqual([hex([sps, pps, slice])])
    expect(viewer.sdp).toContain(`sprop-parameter-sets=${sps.toString('base64')}`)
  })

  test('parameter sets that are written apart are sent with the next key frame', async () => {
    const { clock, live, tracks } = liveMedia({ tracks: [h264()] })
    const sets = parameterSets('h264', 0x28)
    expect(tracks[0].writeAccessUnit(withLengths(sets))).toBe(true)
    const viewer = await LiveViewer.of(live, clock)
    const slice = Buffer.concat([Buffer.from([0x65, 0x88]), Buffer.alloc(30, 1)])
    tracks[0].writeAccessUnit(withLengths([slice]))
    expect((await viewer.units()).map(({ parts }) => hex(parts))).toEqual([hex([...sets, slice])])
  })

  test('RTP packets of the application pass through', async () => {
    const description = createMediaDescription({
      ...{ kind: 'video', payloadType: 96, encoding: 'H264', clockRate: 90_000 },
    })
    const { clock, live, tracks } = liveMedia({ tracks: [rtp(description)] })
    const viewer = await LiveViewer.of(live, clock)
    const payload = Buffer.from([0x65, 0x88, 1, 2, 3])
    const packet = rtpPacket({ sequenceNumber: 9, timestamp: 1234, marker: true, payload })
    expect(tracks[0].writeRtp(packet)).toBe(true)
    expect(tracks[0].writeRtp(Buffer.alloc(3))).toBe(false)
    clock.advance(1000)
    const next = rtpPacket({ sequenceNumber: 10, timestamp: 91_234, marker: true, payload })
    tracks[0].writeRtp(next)
    expect((await viewer.units()).map(({ timestamp }) => timestamp)).toEqual([1234, 91_234])
  })
})

describe('descriptions', () => {
  test('a DESCRIBE waits for the first parameters', async () => {
    const { clock, live, tracks } = liveMedia({ tracks: [h264(), aac()] })
    const described = LiveViewer.of(live, clock)
    await nextTurn()
    tracks[0].writeAccessUnit(picture('h264', 0))
    await nextTurn()
    tracks[1].writeAccessUnit(adtsFrame(Buffer.alloc(20, 1)))
    const viewer = await described
    expect(viewer.sdp).toContain('sprop-parameter-sets=')
    expect(viewer.sdp).toContain('config=1190')
    expect(clock.pendingTimers).toBeLessThan(5)
  })

  test('after the limit a client gets what is known: H.264 without sets, and no AAC', async () => {
    const { clock, live, tracks } = liveMedia({ tracks: [aac(), h264(), opus()] })
    const described = LiveViewer.of(live, clock)
    await nextTurn()
    clock.advance(2_999)
    await nextTurn()
    expect(live.factory.mediaCount).toBe(0)
    clock.advance(1)
    const viewer = await described
    expect(viewer.sdp.match(/a=(rtpmap|fmtp).*/g)).toEqual([
      'a=rtpmap:97 H264/90000',
      'a=fmtp:97 packetization-mode=1',
      'a=rtpmap:98 opus/48000/2',
      'a=fmtp:98 sprop-stereo=1',
    ])
    tracks[1].writeAccessUnit(picture('h264', 0))
    tracks[2].writeAccessUnit(Buffer.from([0xfc, 1, 2]))
    expect((await viewer.units()).map(({ track }) => track.index)).toEqual([0, 1])
    expect(viewer.sdp).toContain('sprop-parameter-sets=')
    // The media has no track for the sound, so its viewers ask anew.
    tracks[0].writeAccessUnit(adtsFrame(Buffer.alloc(20, 1)))
    expect(viewer.isEnded).toBe(true)
    const next = await LiveViewer.of(live, clock)
    expect(next.sdp.match(/a=rtpmap.*/g)).toHaveLength(3)
  })

  test('a media whose only track has no parameters is refused with 503', async () => {
    const { clock, live } = liveMedia({ tracks: [aac()], parametersTimeoutSeconds: 0 })
    await expect(constructMedia(live.factory, request, { clock })).rejects.toMatchObject({
      code: 'ERR_MEDIA_UNAVAILABLE',
      statusCode: 503,
    })
    expect(live.isWanted).toBe(false)
  })

  test('other parameter sets change the description, and viewers stay', async () => {
    const { clock, live, tracks } = liveMedia({ tracks: [h264()] })
    tracks[0].writeAccessUnit(picture('h264', 0))
    const viewer = await LiveViewer.of(live, clock)
    const before = viewer.sdp
    tracks[0].writeAccessUnit(picture('h264', 10))
    expect(viewer.sdp).toBe(before)
    tracks[0].writeAccessUnit(picture('h264', 20, { level: 0x28 }))
    const [sps] = parameterSets('h264', 0x28)
    expect(viewer.sdp).toContain(`sprop-parameter-sets=${sps?.toString('base64')}`)
    expect(viewer.sdp).toContain('profile-level-id=420028')
    const origin = /o=- (\d+) (\d+)/
    expect(origin.exec(viewer.sdp)?.[1]).toBe(origin.exec(before)?.[1])
    expect([before, viewer.sdp].map((sdp) => origin.exec(sdp)?.[2])).toEqual(['1', '2'])
    expect(viewer.isEnded).toBe(false)
    expect(await viewer.units()).toHaveLength(3)
  })

  test('sound with another rate ends the media: viewers cannot decode it', async () => {
    const { clock, live, tracks } = liveMedia({ tracks: [aac()] })
    tracks[0].writeAccessUnit(adtsFrame(Buffer.alloc(20, 1)))
    const viewer = await LiveViewer.of(live, clock)
    tracks[0].writeAccessUnit(adtsFrame(Buffer.alloc(20, 1), { rateIndex: 4 }))
    expect(viewer.isEnded).toBe(true)
    const next = await LiveViewer.of(live, clock)
    expect(next.sdp).toContain('mpeg4-generic/44100/2')
  })
})

describe('viewers', () => {
  test('the first one begins with the last key frame, with its sound', async () => {
    const { clock, live, tracks } = liveMedia({ tracks: [h264(), opus()] })
    for (let index = 0; index < 85; index++) {
      // Sound is 200 ms ahead of the pictures.
      tracks[1].writeAccessUnit(Buffer.from([0xfc, index, 1]), { pts: index / 10 + 0.2 })
      tracks[0].writeAccessUnit(picture('h264', index, { isKey: index % 50 === 0 }), {
        pts: index / 10,
      })
      clock.advance(100)
    }
    const viewer = await LiveViewer.of(live, clock)
    const units = await viewer.units()
    const [pictures, sounds] = [0, 1].map((track) =>
      units.filter((unit) => unit.track.index === track),
    )
    expect(pictures).toHaveLength(35)
    expect(sounds?.map(({ parts }) => parts[0]?.[1])).toEqual(
      Array.from({ length: 37 }, (_, index) => 48 + index),
    )
    // Times are those of writing, although all have come at once: sound was 200 ms early.
    const now = clock.unixTimeMs()
    expect((pictures?.at(-1)?.unixTimeMs ?? 0) - now).toBeCloseTo(-100 - 200, 0)
    expect((pictures?.[0]?.unixTimeMs ?? 0) - now).toBeCloseTo(-3500 - 200, 0)
    expect(sounds?.[0]?.unixTimeMs).toBeCloseTo(pictures?.[0]?.unixTimeMs ?? 0, 0)
    tracks[0].writeAccessUnit(picture('h264', 85, { isKey: false }), { pts: 8.5 })
    const [next] = await viewer.units()
    expect(((next?.timestamp ?? 0) - (pictures?.at(-1)?.timestamp ?? 0)) >>> 0).toBe(9000)
    expect(next?.lostPackets).toBe(0)
  })

  test('the first one after a pause waits for a new key frame', async () => {
    const { clock, live, tracks } = liveMedia({ tracks: [h264()] })
    const requested = vi.fn()
    live.on('keyFrameRequested', requested)
    tracks[0].writeAccessUnit(picture('h264', 0))
    clock.advance(3_600_000)
    const viewer = await LiveViewer.of(live, clock)
    expect(await viewer.units()).toEqual([])
    expect(requested).toHaveBeenCalledOnce()
    tracks[0].writeAccessUnit(picture('h264', 50))
    expect(await viewer.units()).toHaveLength(1)
  })

  test('one that has to wait asks for a key frame, once', async () => {
    const { clock, live, tracks } = liveMedia({ tracks: [h264()], parametersTimeoutSeconds: 0 })
    const requested = vi.fn()
    live.on('keyFrameRequested', requested)
    const [viewer] = await Promise.all([LiveViewer.of(live, clock), LiveViewer.of(live, clock)])
    expect(requested.mock.calls).toEqual([[tracks[0]]])
    expect(tracks[0].wantsKeyFrame).toBe(true)
    tracks[0].writeAccessUnit(picture('h264', 1))
    expect([(await viewer.units()).length, tracks[0].wantsKeyFrame]).toEqual([0, true])
    tracks[0].writeAccessUnit(picture('h264', 10))
    expect([(await viewer.units()).length, tracks[0].wantsKeyFrame]).toEqual([1, false])
    await LiveViewer.of(live, clock)
    expect(requested).toHaveBeenCalledOnce()
  })

  test('events tell whether anybody wants the media', async () => {
    const { clock, live } = liveMedia({ tracks: [opus()], lingerSeconds: 5 })
    const events: string[] = []
    for (const name of ['wanted', 'unwanted'] as const) live.on(name, () => void events.push(name))
    const viewer = await LiveViewer.of(live, clock)
    const other = await LiveViewer.of(live, clock)
    expect([events, live.isWanted]).toEqual([['wanted'], true])
    viewer.close()
    other.close()
    clock.advance(4_999)
    expect(live.isWanted).toBe(true)
    clock.advance(1)
    expect([events, live.isWanted]).toEqual([['wanted', 'unwanted'], false])
  })

  test('closing ends them, and refuses writes and requests', async () => {
    const { clock, live, tracks } = liveMedia({ tracks: [opus()] })
    const viewer = await LiveViewer.of(live, clock)
    await live.close()
    expect([viewer.isEnded, viewer.media.endReason]).toEqual([true, 'mediaEnded'])
    expect(tracks[0].writeAccessUnit(Buffer.from([0xfc, 1]))).toBe(false)
    await expect(constructMedia(live.factory, request, { clock })).rejects.toThrow('closed')
  })
})

describe('wrong use', () => {
  test.each([
    [() => new LiveMedia({ tracks: [] }), 'tracks must be a list of 1 to 16 formats'],
    [() => new LiveMedia({ tracks: ['h264' as never] }), 'formats such as h264() or aac()'],
    [() => new LiveMedia({ tracks: [h264()], lingr: 1 } as never), "no option 'lingr'"],
    [() => h264({ frameRate: -1 }), 'frameRate must be a number from 0'],
    [() => h264({ configuration: 'avcC' as never }), 'configuration must be a Uint8Array'],
    [() => l16({ byteOrder: 'le' as never }), "byteOrder must be 'little' or 'big', got 'le'"],
    [() => opus({ channels: 6 }), 'channels must be an integer from 1 to 2, got 6'],
    [() => rtp({} as never), 'expected a MediaDescription, got object'],
  ])('%#: the message tells what was expected', (call, message) => {
    expect(call).toThrow(message)
  })

  test('bytes and times of a wrong kind throw at the caller', () => {
    const { tracks } = liveMedia({ tracks: [h264()] })
    expect(() => tracks[0].writeAccessUnit('x' as never)).toThrow('bytes must be a Uint8Array')
    expect(() => tracks[0].writeAccessUnit(picture('h264', 0), { pts: Number.NaN })).toThrow(
      'pts must be a finite number of seconds, got NaN',
    )
  })
})

describe('pictures without parameters', () => {
  const frames = {
    VP8: { format: vp8(), key: [0x10, 1, 2], other: [0x11, 3, 4], payloadType: 96 },
    VP9: { format: vp9(), key: [0x82, 1, 2], other: [0x86, 3, 4], payloadType: 96 },
    AV1: { format: av1(), key: [0x0a, 1, 7, 0x32, 1, 5], other: [0x32, 1, 6], payloadType: 96 },
  } as const
  test.each(Object.entries(frames))('%s: viewers begin with a key frame', async (name, each) => {
    const { format, key, other, payloadType } = each
    const { clock, live, tracks } = liveMedia({ tracks: [format] })
    tracks[0].writeAccessUnit(Uint8Array.from(other))
    tracks[0].writeAccessUnit(Uint8Array.from(key))
    tracks[0].writeAccessUnit(Uint8Array.from(other))
    expect(tracks[0].writeAccessUnit(Buffer.alloc(0))).toBe(false)
    expect(tracks[0].stats).toMatchObject({ units: 3, keyFrames: 1, droppedWrites: 1 })
    const viewer = await LiveViewer.of(live, clock)
    expect(viewer.sdp).toContain(`a=rtpmap:${payloadType} ${name}/90000`)
    expect((await viewer.units()).map(({ isKeyFrame }) => isKeyFrame)).toHaveLength(2)
    expect(tracks[0].wantsKeyFrame).toBe(false)
  })

  test('bytes that are no picture are dropped and counted', () => {
    const { tracks } = liveMedia({ tracks: [mjpeg(), av1()] })
    expect(tracks[0].writeAccessUnit(Buffer.from('GIF89a'))).toBe(false)
    expect(tracks[1].writeAccessUnit(Buffer.from([0x0a, 9, 1]))).toBe(false)
    expect(tracks.map(({ stats }) => stats.droppedWrites)).toEqual([1, 1])
  })
})

test('a factory of the application may open the media as its source', async () => {
  const { clock, live, tracks } = liveMedia({ tracks: [h264()] })
  const asked: string[] = []
  const factory = new MediaFactory(({ path }) => {
    asked.push(path)
    return live.openSource()
  })
  tracks[0].writeAccessUnit(picture('h264', 0), { pts: 0 })
  const media = await constructMedia(factory, request, { clock })
  expect(asked).toEqual(['/cam'])
  expect(live.isWanted).toBe(true)
  await media.end()
  expect(live.isWanted).toBe(false)
  await live.close()
  await expect(live.openSource()).rejects.toMatchObject({ code: 'ERR_MEDIA_UNAVAILABLE' })
})
