import { opusSamplesOf } from '../../../rtp/index.js'
import type { AudioFormat } from '../../coded/coded-track.js'
import { opusTrack } from '../../coded/opus-track.js'
import type { FileTrack, ReadTrack } from './file-track.js'
import { withSampleTimes } from './sample-times.js'

/**
 * Creates an Opus track.
 *
 * @throws {RangeError} The track has more than two channels.
 */
export function opusFileTrack(track: ReadTrack, { channels }: AudioFormat): FileTrack {
  const coded = opusTrack(channels)
  return {
    ...coded,
    lookAhead: 0,
    endSeconds: track.endSeconds,
    accessUnits: (from) =>
      withSampleTimes(track.accessUnits(from), coded.clockRate, ({ bytes }) =>
        opusSamplesOf(bytes),
      ),
  }
}
