import { G711Payloader } from '../../rtp/index.js'
import { createMediaDescription } from '../../sdp/index.js'
import { type AudioFormat, audioPayloadType } from './audio-format.js'
import type { AccessUnit, FileTrack, Packetize, ReadTrack } from './file-track.js'
import { withSampleTimes } from './sample-times.js'

/** RFC 3551 table 4. */
const encodings = {
  ulaw: { encoding: 'PCMU', staticPayloadType: 0 },
  alaw: { encoding: 'PCMA', staticPayloadType: 8 },
} as const
const staticRate = 8000
/** RFC 3551 section 4.2: what a packet of sound holds unless agreed otherwise. */
const packetSeconds = 0.02

/** A track of G.711, whose samples a file may keep in pieces of any size. */
export function g711FileTrack(
  track: ReadTrack,
  law: keyof typeof encodings,
  { sampleRate, channels }: AudioFormat,
): FileTrack {
  const { encoding, staticPayloadType } = encodings[law]
  const isStatic = sampleRate === staticRate && channels === 1
  const payloadType = isStatic ? staticPayloadType : audioPayloadType
  return {
    description: createMediaDescription({
      kind: 'audio',
      payloadType,
      encoding,
      clockRate: sampleRate,
      ...(channels === 1 ? {} : { channels }),
    }),
    clockRate: sampleRate,
    lookAhead: 0,
    endSeconds: track.endSeconds,
    accessUnits: (from) => {
      const pieces = withSampleTimes(
        track.accessUnits(from),
        sampleRate,
        ({ bytes }) => bytes.length / channels,
      )
      return inPackets(pieces, sampleRate, channels)
    },
    createPayloader: (start): Packetize => {
      const payloader = new G711Payloader({ ...start, payloadType, channels })
      return ({ bytes }, timestamp) => payloader.packetize(bytes, timestamp)
    },
  }
}

/** Cuts the samples anew, across the pieces of the file where there is no gap. */
async function* inPackets(
  units: AsyncIterable<AccessUnit>,
  sampleRate: number,
  channels: number,
): AsyncGenerator<AccessUnit> {
  const sizeBytes = Math.max(1, Math.round(sampleRate * packetSeconds)) * channels
  const secondsOf = (bytes: Uint8Array) => bytes.length / channels / sampleRate
  let left: AccessUnit | undefined
  for await (const unit of units) {
    let pending = unit
    if (left) {
      const endSeconds = left.seconds + secondsOf(left.bytes)
      if (Math.abs(unit.seconds - endSeconds) * sampleRate > 0.5) yield left
      else pending = { ...left, bytes: Buffer.concat([left.bytes, unit.bytes]) }
    }
    let start = 0
    const piece = (end: number): AccessUnit => {
      const bytes = pending.bytes.subarray(start, end)
      const seconds = pending.seconds + secondsOf(pending.bytes.subarray(0, start))
      return { ...pending, bytes, seconds, durationSeconds: secondsOf(bytes) }
    }
    for (; start + sizeBytes <= pending.bytes.length; start += sizeBytes) {
      yield piece(start + sizeBytes)
    }
    left = start < pending.bytes.length ? piece(pending.bytes.length) : undefined
  }
  if (left) yield left
}
