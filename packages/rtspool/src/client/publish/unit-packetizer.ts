import { randomInt } from 'node:crypto'
import {
  AacPayloader,
  Ac3Payloader,
  H264Payloader,
  H265Payloader,
  MpegAudioPayloader,
  rtpHeaderBytes,
  writeRtpHeader,
} from '../../rtp/index.js'
import type { MediaDescription } from '../../sdp/index.js'

/**
 * Function that turns one access unit into RTP packets. `parts` are NAL units, one frame, or payloads, as in
 * `ReceivedUnit.parts`.
 */
export type UnitPacketizer = (parts: readonly Buffer[], timestamp: number) => readonly Buffer[]

/** Value of a length byte after which another length byte follows (RFC 6416 section 6). */
const longLength = 255
const maxSequenceNumber = 2 ** 16

/**
 * Creates the packetizer of a track, with a random first sequence number. For an encoding that the library does not
 * parse, each part is a payload, and becomes one packet.
 *
 * @default ssrc a random one
 */
export function unitPacketizerOf(
  description: MediaDescription,
  ssrc = randomInt(2 ** 32),
): UnitPacketizer {
  const [payloadType = 0] = description.payloadTypes
  const stream = {
    payloadType,
    ssrc,
    sequenceNumber: randomInt(maxSequenceNumber),
  }
  const encoding = description.rtpmap(payloadType)?.encoding.toUpperCase() ?? ''
  const nal = nalPayloaderOf(encoding, stream)
  if (nal) return (parts, timestamp) => nal.packetize(parts, timestamp)
  const whole = (payloads: readonly Buffer[], timestamp: number): Buffer[] =>
    payloads.map((payload, index) => {
      const packet = Buffer.allocUnsafe(rtpHeaderBytes + payload.length)
      const marker = description.kind === 'video' && index === payloads.length - 1
      writeRtpHeader(packet, 0, payloadType, marker, stream.sequenceNumber, timestamp, stream.ssrc)
      stream.sequenceNumber = (stream.sequenceNumber + 1) % maxSequenceNumber
      payload.copy(packet, rtpHeaderBytes)
      return packet
    })
  const audio = audioPayloaderOf(encoding, description.fmtp(payloadType) ?? '', stream, whole)
  return audio ?? whole
}

type Stream = ConstructorParameters<typeof H264Payloader>[0]

function nalPayloaderOf(encoding: string, stream: Stream) {
  if (encoding === 'H264') return new H264Payloader(stream)
  return encoding === 'H265' ? new H265Payloader(stream) : undefined
}

function audioPayloaderOf(
  encoding: string,
  fmtp: string,
  stream: Stream,
  whole: UnitPacketizer,
): UnitPacketizer | undefined {
  switch (encoding) {
    case 'MPEG4-GENERIC': {
      // Without AU headers, a unit is the payload.
      if (!/sizelength\s*=/i.test(fmtp)) return undefined
      const payloader = new AacPayloader(stream)
      return (parts, timestamp) => payloader.packetize(parts, timestamp)
    }
    case 'MP4A-LATM':
      if (!/(^|;)\s*cpresent\s*=\s*0\s*(;|$)/i.test(fmtp)) return undefined
      return (parts, timestamp) => parts.flatMap((part) => markedLatm(whole, part, timestamp))
    case 'MPA': {
      const payloader = new MpegAudioPayloader(stream)
      return (parts, timestamp) => parts.flatMap((part) => payloader.packetize(part, timestamp))
    }
    case 'AC3':
    case 'EAC3': {
      const codec = encoding === 'AC3' ? 'ac3' : 'eac3'
      const payloader = new Ac3Payloader({ ...stream, codec })
      return (parts, timestamp) => parts.flatMap((part) => payloader.packetize(part, timestamp))
    }
    default:
      return undefined
  }
}

const markerBit = 0x80

/** Returns the packet of one access unit of LATM, with the length of the unit in front, and the marker bit. */
function markedLatm(whole: UnitPacketizer, part: Buffer, timestamp: number): readonly Buffer[] {
  const lengths = Buffer.alloc(Math.floor(part.length / longLength) + 1, longLength)
  lengths[lengths.length - 1] = part.length % longLength
  const packets = whole([Buffer.concat([lengths, part])], timestamp)
  for (const packet of packets) packet[1] = (packet[1] ?? 0) | markerBit
  return packets
}
