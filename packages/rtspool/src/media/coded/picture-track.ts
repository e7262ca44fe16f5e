import type { RtpPacketWriterOptions } from '../../rtp/index.js'
import { createMediaDescription } from '../../sdp/index.js'
import { type CodedTrack, type Packetize, videoPayloadType } from './coded-track.js'

/** RTP clock rate of all video, in ticks per second (RFC 3551 section 5). */
const pictureClockRate = 90_000

/**
 * Describes a codec whose pictures contain all that a decoder needs, so that no parameter sets are sent: AV1, VP8, VP9
 * or JPEG.
 */
export interface PictureEncoding {
  /** Name of the encoding in `a=rtpmap`. */
  readonly name: string
  /** Static RTP payload type of the encoding (RFC 3551). @default a dynamic one */
  readonly staticPayloadType?: number
  /** Returns whether a decoder can begin with a frame; `undefined` if the bytes are no frame. */
  readonly isKey: (frame: Uint8Array) => boolean | undefined
  readonly createPayloader: (options: RtpPacketWriterOptions) => {
    packetize(frame: Uint8Array, timestamp: number): Buffer[]
  }
}

/** Creates a track of pictures that contain all that a decoder needs, so that no parameter sets are sent. */
export function pictureTrack(
  { name, staticPayloadType, createPayloader }: PictureEncoding,
  dynamicPayloadType = videoPayloadType,
): CodedTrack {
  const payloadType = staticPayloadType ?? dynamicPayloadType
  return {
    description: createMediaDescription({
      ...{ kind: 'video', payloadType, encoding: name, clockRate: pictureClockRate },
    }),
    clockRate: pictureClockRate,
    createPayloader: (start): Packetize => {
      const payloader = createPayloader({ ...start, payloadType })
      return ({ bytes }, timestamp) => payloader.packetize(bytes, timestamp)
    },
  }
}
