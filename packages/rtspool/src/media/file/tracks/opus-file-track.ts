import { OpusPayloader, opusClockRate, opusSamplesOf } from '../../../rtp/index.js'
import { createMediaDescription } from '../../../sdp/index.js'
import { type AudioFormat, audioPayloadType } from './audio-format.js'
import type { FileTrack, Packetize, ReadTrack } from './file-track.js'
import { withSampleTimes } from './sample-times.js'

/** Maximum number of channels in RFC 7587. A track with more is refused, because it contains several streams. */
const mostChannels = 2

/**
 * Creates an Opus track.
 *
 * @throws {RangeError} The track has more than two channels.
 */
export function opusFileTrack(track: ReadTrack, { channels }: AudioFormat): FileTrack {
  if (channels > mostChannels) {
    throw new RangeError(`Opus: expected one or two channels, got ${channels}`)
  }
  return {
    description: createMediaDescription({
      kind: 'audio',
      payloadType: audioPayloadType,
      encoding: 'opus',
      clockRate: opusClockRate,
      // RFC 7587 section 7: always 2, for mono as well.
      channels: 2,
      ...(channels === mostChannels ? { fmtp: 'sprop-stereo=1' } : {}),
    }),
    clockRate: opusClockRate,
    lookAhead: 0,
    endSeconds: track.endSeconds,
    accessUnits: (from) =>
      withSampleTimes(track.accessUnits(from), opusClockRate, ({ bytes }) => opusSamplesOf(bytes)),
    createPayloader: (start): Packetize => {
      const payloader = new OpusPayloader({ ...start, payloadType: audioPayloadType })
      return ({ bytes }, timestamp) => payloader.packetize(bytes, timestamp)
    },
  }
}
