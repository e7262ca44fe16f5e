import type {
  AccessUnit,
  FileTrack,
  ReadTrack,
} from '../../../../src/media/file/tracks/file-track.js'

/** Creates a track of a file with these units; a decoder can start with each of them. */
export function readTrackOf(
  units: readonly { readonly bytes: Uint8Array; readonly seconds: number }[],
): ReadTrack {
  return {
    endSeconds: 1,
    firstKeyFrame: units[0]?.bytes ?? new Uint8Array(0),
    accessUnits: async function* () {
      for (const unit of units) yield { ...unit, isKey: true, durationSeconds: 0 }
    },
  }
}

export async function unitsOf(track: FileTrack): Promise<AccessUnit[]> {
  const units: AccessUnit[] = []
  for await (const unit of track.accessUnits()) units.push(unit)
  return units
}

export const linesOf = (track: FileTrack): string[] =>
  track.description.section.lines.map(({ value }) => value)
