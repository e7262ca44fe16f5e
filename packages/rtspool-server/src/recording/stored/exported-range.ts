import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { diskTurns } from '../disk-turns.js'
import type { FileIndexes } from './file-indexes.js'
import { FileReader } from './file-reader.js'
import type { StoredFile, StoredFragment } from './fragment-index.js'
import { movedFragments } from './moved-fragments.js'
import type { StoredSegment } from './segment-catalog.js'

/** Error for a range of time that cannot be exported as one file. The message is one sentence for the caller. */
export class ExportError extends Error {}

/** Part of an export: fragments of one file that follow each other, and the shift of their times. */
interface ExportedPart {
  readonly file: string
  /** Offset in bytes in the file of the first fragment; `to` is the offset of the end of the last fragment. */
  readonly from: number
  to: number
  /** Milliseconds to add to the times of the fragments; negative = earlier. */
  readonly shiftMs: number
}

/**
 * File that an export added last. The next file replaces the end of this one if both were recorded at the same time.
 */
interface LatestFile {
  readonly segment: StoredSegment
  readonly part: ExportedPart
  readonly fragments: readonly TimedFragment[]
  /** Milliseconds added to the recorded times of the fragments, so that these follow the file before. */
  readonly moveMs: number
  /** Recorded time at which the fragments end, without `moveMs`, in milliseconds since 1970. */
  readonly endMs: number
}

interface TimedFragment {
  readonly fragment: StoredFragment
  readonly timeMs: number
  readonly endMs: number
  readonly isEntry: boolean
}

/** Range of a recording as one MP4 file, whose bytes are read when the caller asks for them. */
export interface ExportedRange {
  /**
   * Beginning of the file in milliseconds since 1970: the last key frame at or before the wanted time, or else the
   * first later one.
   */
  readonly startMs: number
  readonly endMs: number
  readonly sizeBytes: number
  /** Codecs as in the parameter `codecs` of a media type (RFC 6381). */
  readonly codecs: readonly string[]
  /** Reads the file from its beginning, in pieces of some 100 kB. One piece is in memory at a time. */
  read(): AsyncGenerator<Buffer, void, void>
}

export interface ExportOptions {
  readonly indexes: FileIndexes
  /** Signal that ends {@link exportRange}, which then throws the reason of the signal. A read of its result goes on. */
  readonly signal?: AbortSignal
  /**
   * Policy for a range in which the format of the tracks changes: refuse the range with an {@link ExportError}, or end
   * the file there.
   *
   * @default 'refuse'
   */
  readonly atChange?: 'refuse' | 'end'
}

/**
 * Overlap of two files in milliseconds from which on two recorders count as their authors. A shorter overlap comes from
 * a clock that was set back.
 */
const maxOverlapMs = 500
/** Milliseconds by which the times of one key frame may differ in two files. */
const toleranceMs = 20
/** Track number of the leading track (video, or sound if there is none), which is the first of each file. */
const leaderId = 1

/**
 * Plans the export of a range of time as one file. Gaps stay gaps. The pictures are copied and not changed. Files that
 * two recorders have written of the same time give each picture once.
 *
 * @param folder - Folder of the recording.
 * @param segments - Files of one path, the oldest first.
 * @throws {ExportError} Nothing was recorded in the range, or the format changes within it.
 */
export async function exportRange(
  folder: string,
  segments: readonly StoredSegment[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  { indexes, signal, atChange = 'refuse' }: ExportOptions,
): Promise<ExportedRange> {
  const parts: ExportedPart[] = []
  let first: StoredFile | undefined
  let latest: LatestFile | undefined
  let startMs = 0
  for (const segment of segments) {
    if (segment.endMs <= fromMs || segment.startMs >= toMs) continue
    signal?.throwIfAborted()
    const file = join(folder, segment.file)
    const stored = await indexes.read(folder, segment)
    const chosen = chosenFragments(timedFragments(segment, stored), fromMs, toMs)
    const { fragments, moveMs } = joined(latest, segment, chosen)
    const [begin] = fragments
    const last = fragments.at(-1)
    if (!begin || !last) continue
    if (!first) startMs = begin.timeMs
    first ??= stored
    if (!first.init.equals(stored.init)) {
      if (atChange === 'end') break
      const at = new Date(segment.startMs).toISOString()
      throw new ExportError(`the format changes at ${at}: export both sides of it`)
    }
    const { offset, sizeBytes } = last.fragment
    const shiftMs = segment.startMs - startMs + moveMs
    const part = { file, from: begin.fragment.offset, to: offset + sizeBytes, shiftMs }
    parts.push(part)
    latest = { segment, part, fragments, moveMs, endMs: last.endMs }
  }
  if (!first) throw new ExportError('nothing was recorded in this time')
  const { init, timescales } = first
  const used = parts.filter(({ from, to }) => to > from)
  return {
    ...{ startMs, endMs: latest ? latest.endMs + latest.moveMs : startMs },
    codecs: latest?.segment.codecs ?? [],
    sizeBytes: used.reduce((sum, { from, to }) => sum + to - from, init.length),
    read: () => readParts(folder, init, timescales, used),
  }
}

function timedFragments(
  { startMs }: StoredSegment,
  { fragments, timescales }: StoredFile,
): TimedFragment[] {
  const timescale = timescales.get(leaderId) ?? 1
  const msOf = (ticks: number): number => startMs + (ticks / timescale) * 1000
  let [timeMs, endMs] = [startMs, startMs]
  return fragments.map((fragment) => {
    const leader = fragment.runs.find(({ trackId }) => trackId === leaderId)
    // Sound that came late may stand in a fragment of its own. It belongs to the fragment before.
    if (leader) {
      timeMs = msOf(leader.decodeTime)
      endMs = msOf(leader.decodeTime + leader.duration)
    }
    return { fragment, timeMs, endMs, isEntry: leader?.isSync ?? false }
  })
}

/**
 * Returns the fragments from the last key frame at or before `fromMs` up to `toMs`, both in milliseconds since 1970.
 */
function chosenFragments(
  fragments: readonly TimedFragment[],
  fromMs: number,
  toMs: number,
): readonly TimedFragment[] {
  const at = fragments.findLastIndex(({ isEntry, timeMs }) => isEntry && timeMs <= fromMs)
  return fragments.slice(Math.max(0, at)).filter(({ timeMs }) => timeMs < toMs)
}

/**
 * Finds the fragments of a file that continue an export. If both files have the same time, shortens `latest.part` to
 * the first key frame that both have.
 *
 * @param segment - File that follows `latest`.
 * @returns The fragments that continue, and the milliseconds by which their times move; negative = earlier.
 */
function joined(
  latest: LatestFile | undefined,
  segment: StoredSegment,
  fragments: readonly TimedFragment[],
): { readonly fragments: readonly TimedFragment[]; readonly moveMs: number } {
  const [begin] = fragments
  const last = fragments.at(-1)
  const latestEndMs = latest ? latest.endMs + latest.moveMs : 0
  if (!latest || !begin || !last || begin.timeMs >= latestEndMs) return { fragments, moveMs: 0 }
  if (!isSameTime(latest.segment, segment, latest.endMs - begin.timeMs)) {
    // The clock was set back: the file follows the latest one.
    return { fragments, moveMs: latestEndMs - begin.timeMs }
  }
  if (last.endMs <= latest.endMs + toleranceMs) return { fragments: [], moveMs: 0 }
  for (const [index, { isEntry, timeMs }] of fragments.entries()) {
    const same = isEntry ? latest.fragments.find(isEntryAt(timeMs)) : undefined
    if (!same) continue
    latest.part.to = same.fragment.offset
    return { fragments: fragments.slice(index), moveMs: same.timeMs + latest.moveMs - timeMs }
  }
  const after = fragments.findIndex(
    ({ isEntry, timeMs }) => isEntry && timeMs >= latestEndMs - toleranceMs,
  )
  return { fragments: after < 0 ? [] : fragments.slice(after), moveMs: 0 }
}

const isEntryAt =
  (wantedMs: number) =>
  (other: TimedFragment): boolean =>
    other.isEntry && Math.abs(other.timeMs - wantedMs) <= toleranceMs

/**
 * Returns whether two recorders have written two files at the same time. Otherwise a clock that was set back makes the
 * times overlap.
 *
 * @param overlapMs - Milliseconds by which the dates of the files overlap.
 */
function isSameTime(one: StoredSegment, other: StoredSegment, overlapMs: number): boolean {
  const { bootId, uptimeMs, startMs, endMs } = one
  if (bootId === undefined || bootId !== other.bootId) return overlapMs >= maxOverlapMs
  const uptimeEndMs = (uptimeMs ?? 0) + endMs - startMs
  return uptimeEndMs - (other.uptimeMs ?? 0) >= maxOverlapMs
}

async function* readParts(
  folder: string,
  init: Buffer,
  timescales: ReadonlyMap<number, number>,
  parts: readonly ExportedPart[],
): AsyncGenerator<Buffer, void, void> {
  yield init
  for (const { file: name, from, to, shiftMs } of parts) {
    const file = await diskTurns.run(folder, () => open(name))
    try {
      yield* movedFragments(new FileReader(folder, file), { from, to }, timescales, shiftMs)
    } finally {
      await diskTurns.run(folder, () => file.close())
    }
  }
}
