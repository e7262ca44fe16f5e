import { MediaDescription, SdpSection, type SessionDescription } from 'rtspool'
import { parseAudioSpecificConfig, type RtpUnit } from 'rtspool/rtp'
import { encodingOf } from '../media/faulty-source.js'
import type { MediaQuirk, RtpPiece, UnitWriter } from '../media/media-quirk.js'
import { fragmentsOf, type NalPiece, nalPiecesOf, nalTypeOf, nalTypes } from './nal-pieces.js'
import type { Quirk } from './quirk.js'

const startCode = Buffer.from([0, 0, 0, 1])
const ordinaryBytes = 1300
/** Maximum payload of the RTP packets of Tapo cameras, in bytes. */
const hugeBytes = 10_000
/** Payload type that RFC 3551 leaves unassigned, between the static ones. */
const staticPayloadType = 35

/** Creates a packetizer of H.264 in which a quirk decides about the marker bit of each RTP packet. */
const withMarkers = (isMarked: (piece: NalPiece) => boolean): MediaQuirk => ({
  units: {
    encoding: 'H264',
    write: ({ parts }) =>
      nalPiecesOf(parts, ordinaryBytes).map((piece) => ({
        payload: piece.payload,
        marker: isMarked(piece),
      })),
  },
})

const endsPicture = ({ isLastOfUnit }: NalPiece): boolean => isLastOfUnit

/** Writes a key frame as one packet, in which start codes separate the NAL units. */
const keyFrameInOnePacket: UnitWriter = {
  encoding: 'H264',
  write({ parts, isKeyFrame }: RtpUnit): readonly RtpPiece[] {
    if (!isKeyFrame) return marked(nalPiecesOf(parts, ordinaryBytes))
    const units = parts.filter((part) => nalTypeOf(part) !== nalTypes.accessUnitDelimiter)
    const separated = units.flatMap((part, index) => (index === 0 ? [part] : [startCode, part]))
    return [{ payload: Buffer.concat(separated), marker: true }]
  },
}

const marked = (pieces: readonly NalPiece[]): readonly RtpPiece[] =>
  pieces.map((piece) => ({ payload: piece.payload, marker: endsPicture(piece) }))

/** Gives the H.264 track the payload type {@link staticPayloadType} in the description. */
function describeStaticType({ media }: SessionDescription): void {
  const index = media.findIndex((each) => encodingOf(each) === 'H264')
  const track = media[index]
  if (track) media[index] = retyped(track, staticPayloadType)
}

function retyped({ kind, protocol, formats, section }: MediaDescription, payloadType: number) {
  const old = new RegExp(`^(rtpmap|fmtp):${formats[0]} `)
  const lines = section.lines.map(({ type, value }) => ({
    ...{ type, value: value.replace(old, `$1:${payloadType} `) },
  }))
  const line = { kind, port: 0, protocol, formats: [`${payloadType}`] }
  return new MediaDescription(line, new SdpSection(lines))
}

/** Writes each AAC frame behind an AU header of `headerBits`, in a packet of its own. */
const aacPackets = (
  headerBits: number,
  frameOf: (frame: Buffer, track: MediaDescription) => Buffer,
): UnitWriter => ({
  encoding: 'MPEG4-GENERIC',
  write: ({ parts }, track) =>
    parts.map((part) => {
      const frame = frameOf(part, track)
      const header = Buffer.alloc(4)
      header.writeUInt16BE(headerBits, 0)
      // The size has 13 bits; those of the index after it are 0 or missing.
      header.writeUInt16BE((frame.length << 3) & 0xffff, 2)
      return { payload: Buffer.concat([header, frame]), marker: true }
    }),
})

const adtsHeaderBytes = 7
/** Sampling rates by their index in ADTS (ISO/IEC 14496-3 table 1.18). */
const adtsRates: readonly number[] = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
]

/** Puts the header of ADTS before a frame (ISO/IEC 13818-7 section 6.2). */
function withAdtsHeader(frame: Buffer, track: MediaDescription): Buffer {
  const config = /config=([\da-f]+)/i.exec(track.section.attribute('fmtp') ?? '')?.[1] ?? ''
  const { objectType, sampleRate, channels } = parseAudioSpecificConfig(Buffer.from(config, 'hex'))
  const rate = adtsRates.indexOf(sampleRate)
  const sizeBytes = adtsHeaderBytes + frame.length
  const header = Buffer.from([
    ...[0xff, 0xf1],
    ((objectType - 1) << 6) | (rate << 2) | (channels >> 2),
    ((channels & 3) << 6) | (sizeBytes >> 11),
    (sizeBytes >> 3) & 0xff,
    ((sizeBytes & 7) << 5) | 0x1f,
    0xfc,
  ])
  return Buffer.concat([header, frame])
}

/** Renames the encoding L16 to PCM in the `a=rtpmap` of a session description. */
function describePcm({ media }: SessionDescription): void {
  for (const { section } of media) {
    const text = section.attribute('rtpmap')
    if (text !== undefined) section.setAttribute('rtpmap', text.replace(/ L16\//i, ' PCM/'))
  }
}

/** Removes `indexlength` and `indexdeltalength` from the `a=fmtp` of a session description. */
function withoutIndexLength({ media }: SessionDescription): void {
  for (const { section } of media) {
    const text = section.attribute('fmtp')
    if (text === undefined) continue
    section.setAttribute('fmtp', text.replace(/;?\s*index(delta)?length=\d+/gi, ''))
  }
}

/** Quirks of cameras in their RTP packets. */
export const packetQuirks: readonly Quirk[] = [
  {
    id: '28',
    who: 'Tapo',
    does: 'RTP packets have up to 10 kB, also by UDP',
    source: 'go2rtc pkg/rtsp/conn.go',
    needs: 'H264',
    media: {
      isOversized: true,
      units: { encoding: 'H264', write: ({ parts }) => marked(nalPiecesOf(parts, hugeBytes)) },
    },
  },
  {
    id: '29a',
    who: 'Tapo TC70',
    does: 'the marker is set on SPS and PPS too',
    source: 'go2rtc pkg/h264/rtp.go',
    needs: 'H264',
    media: withMarkers(
      (piece) => endsPicture(piece) || piece.type === nalTypes.sps || piece.type === nalTypes.pps,
    ),
  },
  {
    id: '29b',
    who: 'Reolink Duo 2',
    does: 'the marker is set on SPS too',
    source: 'go2rtc pkg/h264/rtp.go',
    needs: 'H264',
    media: withMarkers((piece) => endsPicture(piece) || piece.type === nalTypes.sps),
  },
  {
    id: '29c',
    who: 'FLIR M400',
    does: 'the marker is never set on video',
    source: 'mediamtx#3945',
    needs: 'H264',
    media: withMarkers(() => false),
  },
  {
    id: '30a',
    who: 'cheap Chinese cameras',
    does: 'SPS, PPS and IDR stand in one packet, separated by start codes',
    source: 'AlexxIT/WebRTC#391',
    needs: 'H264',
    media: { isOversized: true, units: keyFrameInOnePacket },
  },
  {
    id: '30b',
    who: 'CostarHD',
    does: 'a NAL unit that fits in one packet is an FU-A with start and end set',
    source: 'gortsplib#649',
    needs: 'H264',
    media: {
      units: {
        encoding: 'H264',
        write: ({ parts }) =>
          marked(
            parts.flatMap((part, index) =>
              fragmentsOf(part, ordinaryBytes, index === parts.length - 1),
            ),
          ),
      },
    },
  },
  {
    id: '30c',
    who: 'Bosch',
    does: `H.264 has the static payload type ${staticPayloadType}`,
    source: 'gortsplib#632',
    needs: 'H264',
    media: { describe: describeStaticType },
  },
  {
    id: '32a',
    who: 'some',
    does: 'AAC frames have ADTS headers inside RTP',
    source: 'gortsplib pkg/format/rtpmpeg4audio',
    needs: 'MPEG4-GENERIC',
    media: { units: aacPackets(16, withAdtsHeader) },
  },
  {
    id: '32b',
    who: 'some',
    does: 'the fmtp of AAC has no indexlength, and AU headers have only the size',
    source: 'gortsplib b1674ff9',
    needs: 'MPEG4-GENERIC',
    media: { units: aacPackets(13, (frame) => frame), describe: withoutIndexLength },
  },
  {
    id: '32c',
    who: 'Hikvision',
    does: 'linear PCM of 16 bits is little-endian, under the encoding name PCM',
    source: 'go2rtc#1328',
    needs: 'L16',
    media: {
      describe: describePcm,
      units: {
        encoding: 'L16',
        write: ({ parts }) =>
          parts.map((part) => ({ payload: Buffer.from(part).swap16(), marker: false })),
      },
    },
  },
  {
    id: '34c',
    who: 'UniFi',
    does: 'there are two audio tracks',
    source: 'scrypted#1865',
    media: { hasSecondSound: true },
  },
]
