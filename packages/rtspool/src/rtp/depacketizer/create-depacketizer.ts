import { payloadTestOf } from '../codec/key-frame.js'
import { describedParameterSets } from '../codec/parameter-sets.js'
import { AacReader } from './aac.js'
import { Ac3Reader } from './ac3.js'
import type { Depacketizer, RtpUnit } from './depacketizer.js'
import { FrameDepacketizer, type FrameReader } from './frame-depacketizer.js'
import { H264Reader } from './h264.js'
import { H265Reader } from './h265.js'
import { isLatmWithoutConfiguration, LatmReader } from './latm.js'
import { MpegAudioReader } from './mpeg-audio.js'
import { PartMemory } from './part-memory.js'
import { PictureDepacketizer } from './picture-depacketizer.js'
import { RawReader } from './raw.js'
import { WholeFrameReader } from './whole-frames.js'

/** Format of the payloads of a stream, as in a session description. */
export interface PayloadFormat {
  /** Name of the encoding as in `a=rtpmap`, in any case: `H264`, `mpeg4-generic`. */
  readonly encoding: string
  /** Media type in the `m=` line. @default 'audio', unless the encoding is one of video */
  readonly kind?: string
  /** Parameters of the encoding as in `a=fmtp`, without the payload type. */
  readonly parameters?: string | undefined
}

/**
 * Creates the depacketizer of a payload format. Key frames of H.264 and H.265 without parameter
 * sets get those of the description. Payloads of an unknown encoding stay as received: for video,
 * the payloads of one timestamp form a unit; otherwise each payload is a unit.
 */
export function createDepacketizer({ encoding, kind, parameters }: PayloadFormat): Depacketizer {
  const name = encoding.toUpperCase()
  if (name === 'H264' || name === 'H265') return nalDepacketizer(name, parameters)
  const test = payloadTestOf(name)
  if (test || kind === 'video') return new PictureDepacketizer(new RawReader(), test)
  return new FrameDepacketizer(frameReaderOf(name, parameters))
}

function nalDepacketizer(
  name: 'H264' | 'H265',
  parameters = '',
  memory?: PartMemory,
): PictureDepacketizer {
  const reader = name === 'H264' ? new H264Reader(memory) : new H265Reader(memory)
  const sets = describedParameterSets(name, parameters)
  return new PictureDepacketizer(reader, payloadTestOf(name), sets, memory)
}

/**
 * Creates a depacketizer that needs a packet only during {@link Depacketizer.push}: the caller may use the memory of
 * the packet again afterwards. The returned units are valid until the next call.
 */
export function createPassingDepacketizer(format: PayloadFormat): Depacketizer {
  const name = format.encoding.toUpperCase()
  return name === 'H264' || name === 'H265'
    ? nalDepacketizer(name, format.parameters, new PartMemory())
    : new CopiedPackets(createDepacketizer(format))
}

/** Depacketizer that gives each packet memory of its own, for encodings with small packets. */
class CopiedPackets implements Depacketizer {
  readonly #inner: Depacketizer

  constructor(inner: Depacketizer) {
    this.#inner = inner
  }

  get lostPackets(): number {
    return this.#inner.lostPackets
  }

  get malformedPackets(): number {
    return this.#inner.malformedPackets
  }

  get droppedUnits(): number {
    return this.#inner.droppedUnits
  }

  push(packet: Uint8Array): readonly RtpUnit[] {
    return this.#inner.push(Buffer.from(packet))
  }

  flush(): readonly RtpUnit[] {
    return this.#inner.flush()
  }
}

function frameReaderOf(encoding: string, parameters: string | undefined): FrameReader {
  switch (encoding) {
    case 'MPEG4-GENERIC':
      return new AacReader(parameters)
    case 'MP4A-LATM':
      return isLatmWithoutConfiguration(parameters) ? new LatmReader() : new WholeFrameReader()
    case 'MPA':
      return new MpegAudioReader()
    case 'AC3':
    case 'EAC3':
      return new Ac3Reader(encoding === 'AC3' ? 'ac3' : 'eac3')
    default:
      return new WholeFrameReader()
  }
}
