import {
  Ac3Payloader,
  ac3SamplesOf,
  MpegAudioPayloader,
  mpegAudioClockRate,
  parseAc3Header,
  parseMpegAudioHeader,
  type RtpPacketWriterOptions,
} from '../../../rtp/index.js'
import { createMediaDescription } from '../../../sdp/index.js'
import { type AudioFormat, audioPayloadType, type Packetize } from '../../coded/coded-track.js'
import type { FileTrack, ReadTrack } from './file-track.js'
import { withSampleTimes } from './sample-times.js'

/** Describes a codec whose frames contain their own length. */
interface FrameCodec {
  readonly encoding: string
  readonly payloadType: number
  /** Clock rate of the RTP timestamps in ticks per second, if different from the sampling rate. */
  readonly clockRate?: number
  readonly hasChannels: boolean
  /** Returns the sampling rate of a frame in Hz; `undefined` if the bytes are no frame. */
  readonly sampleRateOf: (frame: Uint8Array) => number | undefined
  /** Returns the number of samples per channel in a frame, from which its duration follows. */
  readonly samplesOf: (frame: Uint8Array) => number
  readonly createPayloader: (options: RtpPacketWriterOptions) => {
    packetize(frame: Uint8Array, timestamp: number): Buffer[]
  }
}

const ac3 = (codec: 'ac3' | 'eac3'): FrameCodec => ({
  encoding: codec,
  payloadType: audioPayloadType,
  hasChannels: true,
  sampleRateOf: (frame) => parseAc3Header(frame)?.sampleRate,
  samplesOf: ac3SamplesOf,
  createPayloader: (options) => new Ac3Payloader({ ...options, codec }),
})

const codecs = {
  mp3: {
    encoding: 'MPA',
    // RFC 3551 table 4: MPEG audio of every layer.
    payloadType: 14,
    clockRate: mpegAudioClockRate,
    hasChannels: false,
    sampleRateOf: (frame) => parseMpegAudioHeader(frame)?.sampleRate,
    samplesOf: (frame) => parseMpegAudioHeader(frame)?.samples ?? 0,
    createPayloader: (options) => new MpegAudioPayloader(options),
  },
  ac3: ac3('ac3'),
  eac3: ac3('eac3'),
} as const satisfies Record<string, FrameCodec>
export type CompressedCodec = keyof typeof codecs

export const isCompressedCodec = (codec: string): codec is CompressedCodec =>
  Object.hasOwn(codecs, codec)

/**
 * Creates a track of MPEG audio, AC-3 or E-AC-3.
 *
 * @throws {RangeError} The first unit is no frame of the codec.
 */
export function compressedFileTrack(
  track: ReadTrack,
  codec: CompressedCodec,
  { channels }: AudioFormat,
): FileTrack {
  const frames: FrameCodec = codecs[codec]
  const sampleRate = frames.sampleRateOf(track.firstKeyFrame)
  if (!sampleRate) throw new RangeError(`${codec}: expected a frame in the first unit`)
  const clockRate = frames.clockRate ?? sampleRate
  const { payloadType } = frames
  return {
    description: createMediaDescription({
      kind: 'audio',
      payloadType,
      encoding: frames.encoding,
      clockRate,
      ...(frames.hasChannels ? { channels } : {}),
    }),
    clockRate,
    lookAhead: 0,
    endSeconds: track.endSeconds,
    accessUnits: (from) =>
      withSampleTimes(track.accessUnits(from), sampleRate, ({ bytes }) => frames.samplesOf(bytes)),
    createPayloader: (start): Packetize => {
      const payloader = frames.createPayloader({ ...start, payloadType })
      return ({ bytes }, timestamp) => payloader.packetize(bytes, timestamp)
    },
  }
}
