import { execFileSync } from 'node:child_process'
import {
  createMediaDescription,
  createSessionDescription,
  MediaFactory,
  type MediaOutput,
  type MediaSource,
} from 'rtspool'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { playWithFfmpeg, playWithGstreamer } from './support/players.js'
import { endPrograms } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import { type RunningLibrary, startServer } from './support/server.js'

const frameMs = 40
const frameTicks = 3600
/** Pictures that have been sent when the first viewer comes. */
const pushedBefore = 100
const maxFragmentBytes = 1200

interface Stream {
  readonly name: string
  readonly codec: 'h264' | 'h265'
  readonly encoder: readonly string[]
  /** Which pictures have parameter sets in front, and with which timestamp. */
  readonly sets: 'asEncoded' | 'every'
  readonly setsTime: 'own' | 'previous'
  /** Pictures at the beginning that are not whole yet: ffmpeg does not show them. @default 0 */
  readonly unfinished?: number
}

const x264 = (params: string) => [
  '-c:v',
  'libx264',
  '-profile:v',
  'baseline',
  '-x264-params',
  params,
]
const x265 = (params: string) => ['-c:v', 'libx265', '-x265-params', `log-level=error:${params}`]
/** One key frame at the beginning, and never again. */
const oneKey = 'keyint=1000:scenecut=0:bframes=0'

const streams: readonly Stream[] = [
  {
    name: 'SPS and PPS have the timestamp of the picture before (Reolink)',
    codec: 'h264',
    encoder: x264(oneKey),
    sets: 'asEncoded',
    setsTime: 'previous',
  },
  {
    name: 'SPS and PPS stand before every picture',
    codec: 'h264',
    encoder: x264(oneKey),
    sets: 'every',
    setsTime: 'own',
  },
  {
    name: 'x264 refreshes pictures bit by bit',
    codec: 'h264',
    encoder: x264('intra-refresh=1:keyint=25'),
    sets: 'asEncoded',
    setsTime: 'own',
    // A row of 20 macroblocks.
    unfinished: 19,
  },
  {
    name: 'H.265 parameter sets have the timestamp of the picture before',
    codec: 'h265',
    encoder: x265(oneKey),
    sets: 'asEncoded',
    setsTime: 'previous',
  },
  {
    name: 'H.265 parameter sets stand before every picture',
    codec: 'h265',
    encoder: x265(oneKey),
    sets: 'every',
    setsTime: 'own',
  },
]

/** Encodes 20 s, a slice a picture. @returns NAL units. */
function encode({ encoder, codec }: Stream): Buffer[] {
  const format = codec === 'h264' ? 'h264' : 'hevc'
  const stream = execFileSync(
    'ffmpeg',
    [
      ...[
        '-v',
        'error',
        '-nostdin',
        '-f',
        'lavfi',
        '-i',
        'testsrc2=s=320x240:r=25:d=20',
        ...encoder,
      ],
      ...[
        '-preset',
        'ultrafast',
        '-tune',
        'zerolatency',
        '-threads',
        '1',
        '-slices',
        '1',
        '-f',
        format,
        '-',
      ],
    ],
    { maxBuffer: 2 ** 26 },
  )
  const units: Buffer[] = []
  let at = stream.indexOf('\0\0\x01', 0, 'latin1')
  while (at >= 0) {
    const next = stream.indexOf('\0\0\x01', at + 3, 'latin1')
    let end = next < 0 ? stream.length : next
    while (stream[end - 1] === 0) end--
    units.push(stream.subarray(at + 3, end))
    at = next
  }
  return units
}

/** A live source without parameter sets in its description, which sends from when it is made. */
class QuirkySource implements MediaSource {
  readonly description = createSessionDescription({ originId: 1, address: '0.0.0.0', name: 'x' })
  readonly #stream: Stream
  readonly #pictures: { readonly before: Buffer[]; readonly slice: Buffer }[] = []
  #sent = 0
  #sequence = 0
  #output: MediaOutput | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(stream: Stream, units: readonly Buffer[]) {
    this.#stream = stream
    const encoding = stream.codec.toUpperCase()
    const options = { kind: 'video', payloadType: 96, encoding, clockRate: 90_000 } as const
    const fmtp = stream.codec === 'h264' ? { fmtp: 'packetization-mode=1' } : {}
    this.description.media.push(createMediaDescription({ ...options, ...fmtp }))
    const sets = units.filter((unit) => this.#isSet(unit)).slice(0, stream.codec === 'h264' ? 2 : 3)
    let before: Buffer[] = []
    for (const unit of units) {
      if (!this.#isSlice(unit)) {
        before.push(unit)
        continue
      }
      if (stream.sets === 'every' && before.every((each) => !this.#isSet(each)))
        before.unshift(...sets)
      this.#pictures.push({ before, slice: unit })
      before = []
    }
  }

  prepare(output: MediaOutput): void {
    this.#output = output
    while (this.#sent < pushedBefore) this.#push()
    const began = performance.now() - this.#sent * frameMs
    this.#timer = setInterval(() => {
      while (this.#sent * frameMs < performance.now() - began) this.#push()
    }, frameMs / 4)
  }

  start(): void {}

  close(): void {
    clearInterval(this.#timer)
  }

  #type(unit: Buffer): number {
    const first = unit[0] ?? 0
    return this.#stream.codec === 'h264' ? first & 31 : (first >> 1) & 63
  }

  #isSlice(unit: Buffer): boolean {
    return this.#type(unit) <= (this.#stream.codec === 'h264' ? 5 : 31)
  }

  #isSet(unit: Buffer): boolean {
    const type = this.#type(unit)
    return this.#stream.codec === 'h264' ? type === 7 || type === 8 : type >= 32 && type <= 34
  }

  #push(): void {
    const picture = this.#pictures[this.#sent]
    if (!picture) return
    const time = 90_000 + this.#sent++ * frameTicks
    const setsTime = this.#stream.setsTime === 'own' ? time : time - frameTicks
    for (const unit of picture.before) this.#sendUnit(unit, setsTime, false)
    this.#sendUnit(picture.slice, time, true)
  }

  #sendUnit(unit: Buffer, time: number, isLast: boolean): void {
    if (unit.length <= maxFragmentBytes) {
      this.#sendPacket(unit, time, isLast)
      return
    }
    const isH264 = this.#stream.codec === 'h264'
    const [first = 0, second = 0] = unit
    const header = isH264 ? [(first & 0xe0) | 28] : [(first & 0x81) | (49 << 1), second]
    for (let at = header.length; at < unit.length; at += maxFragmentBytes) {
      const isEnd = at + maxFragmentBytes >= unit.length
      const flags = (at === header.length ? 0x80 : 0) | (isEnd ? 0x40 : 0)
      const fragment = unit.subarray(at, at + maxFragmentBytes)
      const payload = [Buffer.from([...header, flags | this.#type(unit)]), fragment]
      this.#sendPacket(Buffer.concat(payload), time, isLast && isEnd)
    }
  }

  #sendPacket(payload: Buffer, time: number, marker: boolean): void {
    const header = Buffer.alloc(12)
    header[0] = 0x80
    header[1] = (marker ? 0x80 : 0) | 96
    header.writeUInt16BE(this.#sequence++ & 0xffff, 2)
    header.writeUInt32BE(time, 4)
    header.writeUInt32BE(0x5151, 8)
    this.#output?.tracks[0]?.push(Buffer.concat([header, payload]))
  }
}

/** Not of the colours of the test picture, nor of the jitter buffer that catches up. */
const isOfDecoding = (line: string): boolean => !/video-info|rtpjitterbuffer/.test(line)

describe.each(streams)(
  'viewers that join where $name',
  { tags: ['M-C', 'M-D', 'M-B'] },
  (stream) => {
    let server: RunningLibrary
    let units: readonly Buffer[]
    beforeAll(async () => {
      units = encode(stream)
      server = await startServer()
      server.server.mounts.add(
        '/quirks',
        new MediaFactory(() => new QuirkySource(stream, units), { lingerSeconds: 0 }),
      )
    })
    afterAll(async () => {
      await server.close()
      await endPrograms()
    })

    test.for(['tcp', 'udp'] as const)(
      'ffmpeg decodes from the first picture on, over %s',
      async (transport, context) => {
        requirePrograms(context, 'ffmpeg')
        const result = await playWithFfmpeg({ url: `${server.url}/quirks`, transport, seconds: 2 })
        expect(result.errors.filter(isOfDecoding)).toEqual([])
        expect(result.videoFrames).toBeGreaterThanOrEqual(45 - (stream.unfinished ?? 0))
      },
    )

    test.for(['tcp', 'udp'] as const)(
      'GStreamer decodes from the first picture on, over %s',
      async (transport, context) => {
        requirePrograms(context, ...gstreamerPlayer)
        const codecs = { video: stream.codec, audio: null }
        const result = await playWithGstreamer({
          url: `${server.url}/quirks`,
          transport,
          seconds: 2,
          codecs,
        })
        expect(result.errors.filter(isOfDecoding)).toEqual([])
        expect(result.videoFrames).toBeGreaterThanOrEqual(45 - (stream.unfinished ?? 0))
      },
    )
  },
)
