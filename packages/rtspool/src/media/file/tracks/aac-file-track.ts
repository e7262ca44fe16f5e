import { parseAdtsHeader } from '../../../rtp/index.js'
import { aacTrack } from '../../coded/aac-track.js'
import type { AudioFormat } from '../../coded/coded-track.js'
import type { FileTrack, ReadTrack } from './file-track.js'
import { withSampleTimes } from './sample-times.js'

/**
 * Creates an AAC track.
 *
 * @param config - AudioSpecificConfig; without it each access unit has an ADTS header.
 * @param format - Format that the file states, for a configuration without channels.
 * @throws {RangeError} The configuration or the first ADTS header cannot be read.
 */
export function aacFileTrack(
  track: ReadTrack,
  config: Uint8Array | undefined,
  { channels }: AudioFormat,
): FileTrack {
  const specificConfig = config ?? parseAdtsHeader(track.firstKeyFrame)?.config
  if (!specificConfig) throw new RangeError('AAC: expected an ADTS header in the first access unit')
  const coded = aacTrack(specificConfig, { channels })
  return {
    ...coded,
    lookAhead: 0,
    endSeconds: track.endSeconds,
    accessUnits: (from) =>
      withSampleTimes(track.accessUnits(from), coded.clockRate, () => coded.samplesPerAccessUnit),
  }
}
