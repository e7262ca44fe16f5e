import type { AccessUnit, FileTrack } from './tracks/file-track.js'

/** A track that is read from some position on. */
export interface OpenedUnits {
  /** The first unit; `undefined` if the track has ended by then. */
  readonly first: AccessUnit | undefined
  /** All units including the first; empty if the track has ended by then. */
  readonly units: AsyncGenerator<AccessUnit>
}

/** Starts to read a track at the last key frame at or before a position in seconds. */
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
