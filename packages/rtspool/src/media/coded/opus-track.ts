import { OpusPayloader, opusClockRate } from '../../rtp/index.js'
import { createMediaDescription } from '../../sdp/index.js'
import { audioPayloadType, type CodedTrack, type Packetize } from './coded-track.js'

/** Maximum number of channels in RFC 7587. A track with more is refused, because it contains several streams. */
const mostChannels = 2

/**
 * Creates an Opus track.
 *
 * @throws {RangeError} The track has more than two channels.
 */
export function opusTrack(channels: number, payloadType = audioPayloadType): CodedTrack {
  if (channels > mostChannels) {
    throw new RangeError(`Opus: expected one or two channels, got ${channels}`)
  }
  return {
    description: createMediaDescription({
      kind: 'audio',
      payloadType,
      encoding: 'opus',
      clockRate: opusClockRate,
      // RFC 7587 section 7: always 2, for mono as well.
      channels: 2,
      ...(channels === mostChannels ? { fmtp: 'sprop-stereo=1' } : {}),
    }),
    clockRate: opusClockRate,
    createPayloader: (start): Packetize => {
      const payloader = new OpusPayloader({ ...start, payloadType })
      return ({ bytes }, timestamp) => payloader.packetize(bytes, timestamp)
    },
  }
}
