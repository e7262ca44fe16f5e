import { createMediaDescription, type MediaDescription } from 'rtspool'
import {
  AacPayloader,
  aacFmtp,
  H264Payloader,
  H265Payloader,
  h264Fmtp,
  h265Fmtp,
  OpusPayloader,
  PcmPayloader,
  parseAudioSpecificConfig,
  parseAvcConfiguration,
  parseHevcConfiguration,
  type RtpPacketWriterOptions,
  splitLengthPrefixed,
} from 'rtspool/rtp'
import { configInEsds } from '../fmp4/read-esds.js'
import { eachBox } from '../recording/stored/fragment-index.js'
import type { StoredSample } from './stored-samples.js'

/**
 * Creates the RTP packets of one access unit.
 *
 * @param parts - NAL units of a picture, or one frame of sound.
 * @param timestamp - RTP timestamp in ticks.
 */
export type Packetize = (parts: readonly Buffer[], timestamp: number) => Buffer[]

/** A track of a recorded file that can be sent. */
export interface StoredTrack {
  readonly trackId: number
  readonly kind: 'video' | 'audio'
  /** Ticks per second of the times in the file, and of the RTP timestamps. */
  readonly clockRate: number
  /**
   * Codec and its parameters as a text. Tracks of several files with equal texts can follow one another in one RTP
   * stream.
   */
  readonly coding: string
  readonly description: MediaDescription
  /**
   * Returns the NAL units of a picture, or one frame of sound, as views. A key frame has its parameter sets in front.
   */
  partsOf(sample: StoredSample): readonly Buffer[]
  /**
   * Creates the function that packs access units into packets of one RTP stream, for all tracks of equal {@link
   * coding}.
   */
  createPayloader(start: Omit<RtpPacketWriterOptions, 'payloadType'>): Packetize
}

const videoPayloadType = 96
const audioPayloadType = 97

/**
 * Returns the tracks of a recorded file.
 *
 * @param init - Boxes `ftyp` and `moov` of the file.
 */
export function storedTracks(init: Buffer): StoredTrack[] {
  const tracks: StoredTrack[] = []
  eachBox(init, ['moov', 'trak'], (from, to) => {
    let trackId = 0
    let clockRate = 0
    eachBox(init, ['tkhd'], (at) => (trackId = init.readUInt32BE(at + 12)), from, to)
    eachBox(init, ['mdia', 'mdhd'], (at) => (clockRate = init.readUInt32BE(at + 12)), from, to)
    eachBox(
      init,
      ['mdia', 'minf', 'stbl', 'stsd'],
      (at, end) => {
        const track = trackOf(init.subarray(at + 8, end), trackId, clockRate)
        if (track) tracks.push(track)
      },
      from,
      to,
    )
  })
  return tracks
}

/**
 * Bytes of a video sample entry in front of its inner boxes; the next constant is for sound (ISO/IEC 14496-12
 * sections 12.1.3 and 12.2.3).
 */
const videoEntryBytes = 8 + 78
const audioEntryBytes = 8 + 28

/**
 * Returns a track; `undefined` for a codec that cannot be sent.
 *
 * @param entry - Sample entry: the box with the codec and its parameters.
 */
function trackOf(entry: Buffer, trackId: number, clockRate: number): StoredTrack | undefined {
  const type = entry.toString('latin1', 4, 8)
  const place = { trackId, clockRate }
  switch (type) {
    case 'avc1':
      return h264Track(configurationOf(entry, videoEntryBytes, 'avcC'), place)
    case 'hvc1':
      return h265Track(configurationOf(entry, videoEntryBytes, 'hvcC'), place)
    case 'mp4a':
      return aacTrack(configurationOf(entry, audioEntryBytes, 'esds'), place)
    case 'Opus':
      return opusTrack(place)
    case 'fLaC':
      return pcmTrack(entry.readUInt16BE(8 + 16), place)
    default:
      return undefined
  }
}

type Place = Pick<StoredTrack, 'trackId' | 'clockRate'>

function configurationOf(entry: Buffer, from: number, type: string): Buffer {
  let configuration: Buffer = Buffer.alloc(0)
  eachBox(entry, [type], (at, to) => (configuration = entry.subarray(at, to)), from)
  return configuration
}

function h264Track(avcC: Buffer, place: Place): StoredTrack {
  const configuration = parseAvcConfiguration(avcC)
  const sets = [...configuration.sps, ...configuration.pps]
  return {
    ...place,
    ...nalTrack('H264', h264Fmtp(configuration), sets, configuration.lengthSize),
    createPayloader: (start) =>
      payloaderOf(new H264Payloader({ ...start, payloadType: videoPayloadType })),
  }
}

function h265Track(hvcC: Buffer, place: Place): StoredTrack {
  const configuration = parseHevcConfiguration(hvcC)
  const sets = [...configuration.vps, ...configuration.sps, ...configuration.pps]
  return {
    ...place,
    ...nalTrack('H265', h265Fmtp(configuration), sets, configuration.lengthSize),
    createPayloader: (start) =>
      payloaderOf(new H265Payloader({ ...start, payloadType: videoPayloadType })),
  }
}

const payloaderOf =
  (payloader: {
    packetize(units: readonly Uint8Array[], timestamp: number): Buffer[]
  }): Packetize =>
  (parts, timestamp) =>
    payloader.packetize(parts, timestamp)

function nalTrack(
  encoding: 'H264' | 'H265',
  fmtp: string | undefined,
  sets: readonly Buffer[],
  lengthSize: number,
) {
  return {
    kind: 'video',
    // Each key frame has its parameter sets, which may differ from file to file.
    coding: encoding,
    description: createMediaDescription({
      kind: 'video',
      payloadType: videoPayloadType,
      encoding,
      clockRate: 90_000,
      ...(fmtp === undefined ? {} : { fmtp }),
    }),
    partsOf: ({ bytes, isSync }: StoredSample) => {
      const units = splitLengthPrefixed(bytes, lengthSize)
      return isSync ? [...sets, ...units] : units
    },
  } as const
}

const wholeSample = ({ bytes }: StoredSample): readonly Buffer[] => [bytes]

function aacTrack(esds: Buffer, place: Place): StoredTrack {
  const config = configInEsds(esds)
  const { channels, samplesPerAccessUnit } = parseAudioSpecificConfig(config)
  const { clockRate } = place
  const payloadType = audioPayloadType
  return {
    ...place,
    kind: 'audio',
    coding: `AAC ${config.toString('hex')} ${clockRate}`,
    description: createMediaDescription({
      ...{ kind: 'audio', payloadType, encoding: 'mpeg4-generic', clockRate, channels },
      fmtp: aacFmtp(config),
    }),
    partsOf: wholeSample,
    createPayloader: (start) =>
      payloaderOf(new AacPayloader({ ...start, payloadType, samplesPerAccessUnit })),
  }
}

function opusTrack(place: Place): StoredTrack {
  const payloadType = audioPayloadType
  return {
    ...place,
    kind: 'audio',
    coding: 'Opus',
    description: createMediaDescription({
      ...{ kind: 'audio', payloadType, encoding: 'opus', clockRate: 48_000, channels: 2 },
      fmtp: 'sprop-stereo=1',
    }),
    partsOf: wholeSample,
    createPayloader: (start) => {
      const payloader = new OpusPayloader({ ...start, payloadType })
      return ([frame], timestamp) => (frame ? payloader.packetize(frame, timestamp) : [])
    },
  }
}

const pcmSampleBytes = 2
/** Number of bytes of the CRC behind the samples of a FLAC frame. */
const flacEndBytes = 2

/** Creates the track of sound that was recorded from G.711, as uncompressed FLAC. It is sent as L16. */
function pcmTrack(channels: number, place: Place): StoredTrack | undefined {
  if (channels !== 1) return undefined
  const { clockRate } = place
  const payloadType = audioPayloadType
  return {
    ...place,
    kind: 'audio',
    coding: `L16 ${clockRate}`,
    description: createMediaDescription({ kind: 'audio', payloadType, encoding: 'L16', clockRate }),
    partsOf: ({ bytes, duration }) => {
      const end = bytes.length - flacEndBytes
      return [bytes.subarray(Math.max(0, end - duration * pcmSampleBytes), end)]
    },
    createPayloader: (start) => {
      const payloader = new PcmPayloader({ ...start, payloadType, instantBytes: pcmSampleBytes })
      return ([samples], timestamp) => (samples ? payloader.packetize(samples, timestamp) : [])
    },
  }
}
