import type { AccessUnit, FileTrack } from './tracks/file-track.js'

/**
 * The access units of a track from the position given to {@link openAt} on, of which the first has been read already.
 */
export interface OpenedUnits {
  /** First access unit; `undefined` if the track ends before the position given to {@link openAt}. */
  readonly first: AccessUnit | undefined
  /** All access units, including the first. Empty if the track ends before the position given to {@link openAt}. */
  readonly units: AsyncGenerator<AccessUnit>
}

/**
 * Starts to read a track at a position in seconds. The first unit is the last key frame at or before the position.
 */
export async function openAt(track: FileTrack, seconds: number): Promise<OpenedUnits> {
  const rest = track.accessUnits(seconds)[Symbol.asyncIterator]()
  const { done, value } = await rest.next()
  // The last picture is shown until its end only; after that there is no unit to begin with.
  const first = done || seconds >= track.endSeconds ? undefined : (value as AccessUnit)
  return { first, units: unitsOf(first, rest) }
}

async function* unitsOf(
  first: AccessUnit | undefined,
  rest: AsyncIterator<AccessUnit>,
): AsyncGenerator<AccessUnit> {
  try {
    if (!first) return
    yield first
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}
