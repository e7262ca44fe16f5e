import type { Reader } from '../../src/media/fan-out/reader.js'
import { Media, type MediaOptions } from '../../src/media/media.js'
import type { Track } from '../../src/media/track/track.js'
import { ntpFromUnixMs, parseCompound, type RtcpPacket } from '../../src/rtcp/index.js'
import { rtpHeaderBytes, sequenceNumberOf, ssrcOf, timestampOf } from '../../src/rtp/index.js'
import {
  createMediaDescription,
  createSessionDescription,
  type SessionDescription,
} from '../../src/sdp/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { ChannelTable } from '../../src/transport/tcp/channel-table.js'
import { closeAfterTest } from './open-things.js'
import { rtpPacket } from './test-server.js'

const parameterSets = 'sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg=='

/** Returns the description of a camera with H.264 and Opus. */
export function cameraDescription(fmtp = parameterSets): SessionDescription {
  const description = createSessionDescription({ originId: 1, address: '0.0.0.0', name: 'camera' })
  const [h264, opus] = [
    { encoding: 'H264', clockRate: 90_000 },
    { encoding: 'opus', channels: 2 },
  ]
  description.media.push(
    createMediaDescription({ kind: 'video', payloadType: 96, fmtp, ...h264 }),
    createMediaDescription({ kind: 'audio', payloadType: 97, clockRate: 48_000, ...opus }),
  )
  return description
}

/** A packet as a viewer receives it. */
export interface SeenPacket {
  readonly ssrc: number
  readonly sequenceNumber: number
  readonly timestamp: number
  /** Type of the NAL unit; of an audio packet any number. */
  readonly unitType: number
  /** Instant of its capture, in milliseconds of the test's clock. */
  readonly capturedMs: number
  readonly arrivedMs: number
}

/** A camera with two tracks, and a viewer of both. @param description - Its tracks. @default pictures and sound */
export function watchedCamera(
  options: Partial<MediaOptions> = {},
  description = cameraDescription(),
) {
  const clock = new ManualClock()
  const media = new Media(
    '/cam',
    { description, sendsReports: true, start: () => {}, close: () => {} },
    { clock, lingerMs: Number.POSITIVE_INFINITY, holdMs: 60_000, ...options },
  )
  closeAfterTest({ close: () => media.end() })
  const [video, audio] = media.tracks
  if (!video || !audio) throw new Error('two tracks expected')
  const viewer = new CameraViewer(clock)
  return { clock, media, video, audio, viewer }
}

/** Keeps the packets and reports that a viewer of one or two tracks receives. */
export class CameraViewer {
  readonly packets: SeenPacket[][] = [[], []]
  readonly reports: { readonly atMs: number; readonly packets: RtcpPacket[] }[] = []
  readonly #clock: ManualClock

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  /** Plays a track from now on, with the kept packets as a new viewer does. */
  play(track: Track): void {
    const channel = track.index * 2
    const reader: Reader = {
      kind: 'interleaved',
      carrier: {
        channels: new ChannelTable(),
        isCongested: false,
        grant: () => {},
        writeFrames: (frames) => this.#read(frames),
      },
      channels: [channel, channel + 1],
      counters: { packetsOut: 0, bytesOut: 0, packetsDropped: 0 },
    }
    track.addReader(reader, [...track.recentPackets()])
  }

  #read(frames: Buffer): void {
    for (let offset = 0; offset < frames.length; ) {
      const end = offset + 4 + frames.readUInt16BE(offset + 2)
      const channel = frames[offset + 1] ?? 0
      const bytes = frames.subarray(offset + 4, end)
      if (channel % 2 === 0) this.packets[channel / 2]?.push(this.#seen(bytes))
      else this.reports.push({ atMs: this.#clock.now(), packets: parseCompound(bytes) })
      offset = end
    }
  }

  #seen(bytes: Buffer): SeenPacket {
    return {
      ssrc: ssrcOf(bytes),
      sequenceNumber: sequenceNumberOf(bytes),
      timestamp: timestampOf(bytes),
      unitType: (bytes[rtpHeaderBytes] ?? 0) & 0x1f,
      capturedMs: bytes.readDoubleBE(rtpHeaderBytes + 1),
      arrivedMs: this.#clock.now(),
    }
  }
}

/** Numbers and habits of a camera since its last start. */
export interface CameraRun {
  /** SSRC, first sequence number and first timestamp of each track. */
  readonly tracks: readonly {
    readonly ssrc: number
    readonly sequenceNumber: number
    readonly timestamp: number
    /** Milliseconds from capture to arrival. */
    readonly delayMs: number
    /** True for pictures, false for sound. @default true for the first track only */
    readonly isVideo?: boolean
  }[]
  /** Milliseconds by which the camera's wall clock is ahead of the test's. */
  readonly clockAheadMs: number
  /** True if each track has a sender report. */
  readonly reports: boolean
  /** Milliseconds from the first packet of a track to its report, which precedes the next packet. @default 0 */
  readonly reportAfterMs?: number
  /** Number of pictures before the first key frame. */
  readonly keyFrameAfter: number
  /** Age of the first picture in milliseconds: all since then is sent at once, as servers do that keep a key frame. */
  readonly ageMs?: number
}

/** Sends the packets that wait for the end of a turn. */
export const sendQueued = (track: Track): void => track.removeReader({ kind: 'sink' } as Reader)

const pictureMs = 40
const soundMs = 20
const picturesInGop = 10

interface CameraPacket {
  readonly track: number
  readonly atMs: number
  readonly capturedMs: number
  readonly units: readonly number[]
}

/** Returns what a camera sends within a time, in order of arrival. */
function packetsOf({ tracks, keyFrameAfter }: CameraRun, from: number, ms: number): CameraPacket[] {
  const packets: CameraPacket[] = []
  for (let at = 0; at < ms; at += soundMs) {
    const capturedMs = from + at
    for (const [track, { delayMs, isVideo = track === 0 }] of tracks.entries()) {
      const picture = at / pictureMs
      if (isVideo && !Number.isInteger(picture)) continue
      const isKey = (picture - keyFrameAfter) % picturesInGop === 0
      const units = !isVideo ? [31] : isKey ? [7, 8, 5] : [1]
      packets.push({ track, atMs: capturedMs + delayMs, capturedMs, units })
    }
  }
  return packets.sort((a, b) => a.atMs - b.atMs)
}

/** Lets a camera send for some time, from the present of the clock on. */
export function runCamera(
  { clock, media }: Pick<ReturnType<typeof watchedCamera>, 'clock' | 'media'>,
  run: CameraRun,
  ms: number,
): void {
  const { ageMs = 0, reportAfterMs = 0 } = run
  const from = clock.now() - ageMs
  const sequenceNumbers = run.tracks.map(({ sequenceNumber }) => sequenceNumber)
  const beganMs = new Map<number, number>()
  const reported = new Set<number>()
  for (const { track: index, atMs, capturedMs, units } of packetsOf(run, from, ageMs + ms)) {
    clock.advance(Math.max(0, atMs - clock.now()))
    const track = media.tracks[index]
    const numbers = run.tracks[index]
    if (!track || !numbers) continue
    const timestampAt = (instant: number): number =>
      (numbers.timestamp + Math.round(((instant - from) * track.clockRate) / 1000)) >>> 0
    const beganAtMs = beganMs.get(index) ?? clock.now()
    beganMs.set(index, beganAtMs)
    if (run.reports && !reported.has(index) && clock.now() - beganAtMs >= reportAfterMs) {
      reported.add(index)
      const unixMs = clock.unixTimeMs() + run.clockAheadMs
      track.noteSenderReport(ntpFromUnixMs(unixMs), timestampAt(clock.now()), clock.now())
    }
    for (const [at, unit] of units.entries()) {
      const payload = Buffer.alloc(9)
      payload[0] = 0x60 | unit
      payload.writeDoubleBE(capturedMs, 1)
      const sequenceNumber = sequenceNumbers[index] ?? 0
      sequenceNumbers[index] = (sequenceNumber + 1) & 0xffff
      track.receive(
        rtpPacket({
          ...{ ssrc: numbers.ssrc, sequenceNumber, timestamp: timestampAt(capturedMs), payload },
          payloadType: 96 + index,
          marker: at === units.length - 1,
        }),
      )
    }
    sendQueued(track)
  }
}
