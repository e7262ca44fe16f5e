import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { indexFile, readAt, type StoredFile, type StoredFragment } from './fragment-index.js'
import type { StoredSegment } from './segment-catalog.js'

/** A range of time that cannot be exported as one file. */
export class ExportError extends Error {}

/** A fragment of an export: where it is stored, and the shift of its times from that file to the exported one. */
interface ExportedFragment {
  readonly file: string
  readonly fragment: StoredFragment
  /** Milliseconds to add to all times. */
  readonly shiftMs: number
}

/** A range of a recording as one file. */
export interface ExportedRange {
  /**
   * Time at which the file begins, in milliseconds since 1970: the last key frame at or before the wanted time, or else
   * the first one after it.
   */
  readonly startMs: number
  readonly endMs: number
  readonly sizeBytes: number
  /** Reads the file from its beginning. */
  read(): AsyncGenerator<Buffer, void, void>
}

/** Milliseconds by which a segment may overlap the one before. It then begins at the end of that one. */
const maxOverlapMs = 500

/**
 * Plans the export of a range of time as one file. Gaps stay gaps. The pictures are copied and not changed.
 *
 * @param segments - Files of one path, the oldest first.
 * @throws {ExportError} Nothing was recorded in the range, or the format changes within it.
 */
export async function exportRange(
  folder: string,
  segments: readonly StoredSegment[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<ExportedRange> {
  const fragments: ExportedFragment[] = []
  let first: StoredFile | undefined
  let startMs = 0
  let endMs = 0
  for (const segment of segments) {
    if (segment.endMs <= fromMs || segment.startMs >= toMs) continue
    const file = join(folder, segment.file)
    const stored = await readIndex(file)
    const timescale = stored.timescales.get(leaderId) ?? 1
    const timeOf = ({ runs }: StoredFragment): number =>
      segment.startMs + ((runs.find(isLeader)?.decodeTime ?? 0) / timescale) * 1000
    const chosen = chosenFragments(stored.fragments, timeOf, fromMs, toMs)
    const [begin] = chosen
    const last = chosen.at(-1)
    if (!begin || !last) continue
    if (!first) startMs = endMs = timeOf(begin)
    first ??= stored
    if (!first.init.equals(stored.init)) {
      const at = new Date(segment.startMs).toISOString()
      throw new ExportError(`the format changes at ${at}: export both sides of it`)
    }
    const overlapMs = endMs - timeOf(begin)
    const isOverlap = overlapMs > 0 && overlapMs < maxOverlapMs
    const shiftMs = segment.startMs - startMs + (isOverlap ? overlapMs : 0)
    for (const fragment of chosen) fragments.push({ file, fragment, shiftMs })
    const { duration = 0 } = last.runs.find(isLeader) ?? {}
    endMs = timeOf(last) + (duration / timescale) * 1000 + (isOverlap ? overlapMs : 0)
  }
  if (!first) throw new ExportError('nothing was recorded in this time')
  const { init, timescales } = first
  return {
    ...{ startMs, endMs },
    sizeBytes: fragments.reduce((sum, each) => sum + each.fragment.sizeBytes, init.length),
    read: () => readFragments(init, timescales, fragments),
  }
}

/** Track number of the leading track (video, or sound if there is none), which is the first of each file. */
const leaderId = 1

const isLeader = ({ trackId }: { readonly trackId: number }): boolean => trackId === leaderId

async function readIndex(name: string): Promise<StoredFile> {
  const file = await open(name)
  try {
    return await indexFile(file)
  } finally {
    await file.close()
  }
}

/** Returns the fragments from the last key frame at or before a time, up to another time. */
function chosenFragments(
  fragments: readonly StoredFragment[],
  timeOf: (fragment: StoredFragment) => number,
  fromMs: number,
  toMs: number,
): readonly StoredFragment[] {
  let from = 0
  fragments.forEach((fragment, index) => {
    const isEntry = fragment.runs.some((run) => isLeader(run) && run.isSync)
    if (isEntry && timeOf(fragment) <= fromMs) from = index
  })
  return fragments.slice(from).filter((fragment) => timeOf(fragment) < toMs)
}

async function* readFragments(
  init: Buffer,
  timescales: ReadonlyMap<number, number>,
  fragments: readonly ExportedFragment[],
): AsyncGenerator<Buffer, void, void> {
  yield init
  let name: string | undefined
  let file: Awaited<ReturnType<typeof open>> | undefined
  try {
    for (const { file: wanted, fragment, shiftMs } of fragments) {
      if (wanted !== name) {
        await file?.close()
        file = undefined
        file = await open(wanted)
        name = wanted
      }
      if (!file) return
      const bytes = await readAt(file, fragment.offset, fragment.sizeBytes)
      moveTimes(bytes, fragment, timescales, shiftMs)
      yield bytes
    }
  } finally {
    await file?.close()
  }
}

/** Adds `shiftMs` to the times in the bytes of a fragment, in place. */
function moveTimes(
  bytes: Buffer,
  { runs, referenceOffset }: StoredFragment,
  timescales: ReadonlyMap<number, number>,
  shiftMs: number,
): void {
  const move = (at: number, trackId: number): void => {
    const ticks = Math.round((shiftMs * (timescales.get(trackId) ?? 1)) / 1000)
    const time = Number(bytes.readBigUInt64BE(at)) + ticks
    bytes.writeBigUInt64BE(BigInt(Math.max(0, time)), at)
  }
  for (const { trackId, timeOffset } of runs) move(timeOffset, trackId)
  if (referenceOffset !== undefined) move(referenceOffset, bytes.readUInt32BE(12))
}
