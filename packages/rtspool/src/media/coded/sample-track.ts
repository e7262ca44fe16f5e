import {
  G711Payloader,
  type PcmFormat,
  PcmPayloader,
  pcmEncodingOf,
  toNetworkPcm,
} from '../../rtp/index.js'
import { createMediaDescription } from '../../sdp/index.js'
import {
  type AudioFormat,
  audioPayloadType,
  type CodedTrack,
  type Packetize,
} from './coded-track.js'

/** A track of a codec without frames: any number of samples can form a packet. */
export interface SampleTrack extends CodedTrack {
  /** Bytes of the samples of all channels at one instant: bytes of a sample times channels. */
  readonly instantBytes: number
}

/** Duration of a packet of sound, in seconds: the default of RFC 3551 section 4.2. */
const packetSeconds = 0.02

/** Returns the payload size in bytes of one RTP packet with 20 ms of samples. */
export const packetBytesOf = (sampleRate: number, instantBytes: number): number =>
  Math.max(1, Math.round(sampleRate * packetSeconds)) * instantBytes

/** Names and static payload types of G.711 (RFC 3551 table 4). */
const laws = {
  ulaw: { encoding: 'PCMU', staticPayloadType: 0 },
  alaw: { encoding: 'PCMA', staticPayloadType: 8 },
} as const
const staticG711Rate = 8000

/** Creates a track of G.711 (PCMU or PCMA). At 8000 Hz and one channel the track has a static payload type. */
export function g711Track(
  law: keyof typeof laws,
  { sampleRate, channels }: AudioFormat,
  dynamicPayloadType = audioPayloadType,
): SampleTrack {
  const { encoding, staticPayloadType } = laws[law]
  const isStatic = sampleRate === staticG711Rate && channels === 1
  const payloadType = isStatic ? staticPayloadType : dynamicPayloadType
  return {
    ...described(encoding, payloadType, { sampleRate, channels }),
    instantBytes: channels,
    createPayloader: (start): Packetize => {
      const payloader = new G711Payloader({ ...start, payloadType, channels })
      return ({ bytes }, timestamp) => payloader.packetize(bytes, timestamp)
    },
  }
}

/** Static payload types of L16 at 44.1 kHz, by number of channels (RFC 3551 table 4). */
const staticL16Types = { 2: 10, 1: 11 } as const
const staticL16Rate = 44_100

/** Creates a track of linear PCM, with samples in either byte order. */
export function pcmTrack(
  pcm: PcmFormat,
  { sampleRate, channels }: AudioFormat,
  dynamicPayloadType = audioPayloadType,
): SampleTrack {
  const instantBytes = pcm.sampleBytes * channels
  const isStatic = pcm.sampleBytes === 2 && sampleRate === staticL16Rate
  const payloadType =
    (isStatic && staticL16Types[channels as keyof typeof staticL16Types]) || dynamicPayloadType
  return {
    ...described(pcmEncodingOf(pcm), payloadType, { sampleRate, channels }),
    instantBytes,
    createPayloader: (start): Packetize => {
      const payloader = new PcmPayloader({ ...start, payloadType, instantBytes })
      return ({ bytes }, timestamp) => payloader.packetize(toNetworkPcm(bytes, pcm), timestamp)
    },
  }
}

function described(encoding: string, payloadType: number, { sampleRate, channels }: AudioFormat) {
  return {
    description: createMediaDescription({
      kind: 'audio',
      payloadType,
      encoding,
      clockRate: sampleRate,
      ...(channels === 1 ? {} : { channels }),
    }),
    clockRate: sampleRate,
  }
}
