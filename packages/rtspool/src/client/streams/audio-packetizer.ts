import { randomInt } from 'node:crypto'
import {
  AacPayloader,
  OpusPayloader,
  opusSamplesOf,
  PcmPayloader,
  parseAdtsHeader,
} from '../../rtp/index.js'
import type { RtspClientTrack } from '../rtsp-client.js'

/** Functions that turn audio of one encoding into RTP packets. */
export interface AudioPacketizer {
  /**
   * Splits audio into pieces of one packet each, if the encoding allows that. An incomplete last sample is kept for the
   * next call.
   *
   * @param isContinued - False if the audio begins a talkspurt: the sample part that was kept is dropped.
   */
  split(audio: Uint8Array, isContinued: boolean): Uint8Array[]
  /** Returns the duration of a piece of audio, as {@link split} returns it, in ticks of the track's clock rate. */
  ticksOf(piece: Uint8Array): number
  /**
   * Returns the RTP packets of a piece of audio, as {@link split} returns it. The first one has the given RTP
   * timestamp.
   */
  packetize(piece: Uint8Array, timestamp: number): Buffer[]
}

/** Number of RTP packets into which a second of audio samples is divided: each has 20 ms (RFC 3551 section 4.2). */
const packetsASecond = 50
/** Bytes of one sample of one channel, by encoding that consists of samples. */
const sampleBytes: Readonly<Record<string, number>> = { PCMU: 1, PCMA: 1, L16: 2 }
const aacSamples = 1024

/**
 * Returns the packetizer for the encoding of a track: PCMU, PCMA, L16, AAC (RFC 3640) or Opus.
 *
 * @param ssrc - SSRC of the packets.
 * @throws {TypeError} any other encoding.
 */
export function audioPacketizerOf(
  { encoding, clockRate, channels = 1, payloadType }: RtspClientTrack,
  ssrc: number,
): AudioPacketizer {
  const writer = { ssrc, payloadType, sequenceNumber: randomInt(2 ** 16) }
  const name = encoding.toUpperCase()
  const bytes = Object.hasOwn(sampleBytes, name) ? sampleBytes[name] : undefined
  if (bytes !== undefined) {
    const instantBytes = bytes * channels
    const payloader = new PcmPayloader({ ...writer, instantBytes })
    const pieceBytes = Math.max(1, Math.round(clockRate / packetsASecond)) * instantBytes
    let rest: Uint8Array = new Uint8Array()
    return {
      split: (audio, isContinued) => {
        const all = isContinued && rest.length > 0 ? Buffer.concat([rest, audio]) : audio
        const end = all.length - (all.length % instantBytes)
        rest = Uint8Array.from(all.subarray(end))
        return piecesOf(all.subarray(0, end), pieceBytes)
      },
      ticksOf: (piece) => piece.length / instantBytes,
      packetize: (piece, timestamp) => payloader.packetize(piece, timestamp),
    }
  }
  if (name === 'MPEG4-GENERIC') {
    const payloader = new AacPayloader(writer)
    return {
      split: (audio) => [withoutAdts(audio)],
      ticksOf: () => aacSamples,
      packetize: (piece, timestamp) => payloader.packetize([piece], timestamp),
    }
  }
  if (name === 'OPUS') {
    const payloader = new OpusPayloader(writer)
    return {
      split: (audio) => [audio],
      ticksOf: opusSamplesOf,
      packetize: (piece, timestamp) => payloader.packetize(piece, timestamp),
    }
  }
  throw new TypeError(`the back channel has the encoding ${encoding}: send whole packets with push`)
}

/** Cuts samples into pieces of `pieceBytes` bytes, for one packet each; the last piece may be shorter. */
function piecesOf(audio: Uint8Array, pieceBytes: number): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < audio.length; at += pieceBytes) {
    pieces.push(audio.subarray(at, at + pieceBytes))
  }
  return pieces
}

/** Returns a frame of AAC without its ADTS header, if the frame has one. */
function withoutAdts(frame: Uint8Array): Uint8Array {
  const header = parseAdtsHeader(frame)
  return header?.frameBytes === frame.length ? frame.subarray(header.sizeBytes) : frame
}
