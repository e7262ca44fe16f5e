import type { AccessUnit, FileTrack } from './tracks/file-track.js'

/** A track that is read from some point on. */
export interface OpenedUnits {
  /** The first unit; `undefined` when the track is over by then. */
  readonly first: AccessUnit | undefined
  /** All units, the first one included; nothing when the track is over by then. */
  readonly units: AsyncGenerator<AccessUnit>
}

/** Begins to read a track at the last unit at or before a point that a decoder can start with. */
export async function openAt(track: FileTrack, seconds: number): Promise<OpenedUnits> {
  const rest = track.accessUnits(seconds)[Symbol.asyncIterator]()
  const { done, value } = await rest.next()
  // A last picture is shown until its end only: behind it there is nothing to lead.
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
