import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { diskTurns } from '../disk-turns.js'
import type { FileIndexes } from './file-indexes.js'
import { FileReader } from './file-reader.js'
import type { StoredFile, StoredFragment } from './fragment-index.js'
import { movedFragments } from './moved-fragments.js'
import type { StoredSegment } from './segment-catalog.js'

/** A range of time that cannot be exported as one file. */
export class ExportError extends Error {}

/** Part of an export: fragments of one file that follow each other, and the shift of their times. */
interface ExportedPart {
  readonly file: string
  /** Bytes from the beginning of the file to the first fragment, and to the end of the last one. */
  readonly from: number
  to: number
  /** Milliseconds to add to all times. */
  readonly shiftMs: number
}

/** The latest file of an export, whose end the next file may replace. */
interface LatestFile {
  readonly segment: StoredSegment
  readonly part: ExportedPart
  readonly fragments: readonly TimedFragment[]
  /** Milliseconds by which the fragments were moved against their dates. */
  readonly moveMs: number
  /** Time at which the fragments end, without the move. */
  readonly endMs: number
}

interface TimedFragment {
  readonly fragment: StoredFragment
  readonly timeMs: number
  readonly endMs: number
  readonly isEntry: boolean
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
  /** Codecs as in the parameter `codecs` of a media type (RFC 6381). */
  readonly codecs: readonly string[]
  /** Reads the file from its beginning, in pieces of some 100 kB. One piece is in memory at a time. */
  read(): AsyncGenerator<Buffer, void, void>
}

export interface ExportOptions {
  readonly indexes: FileIndexes
  /** Ends the planning, with its reason as the error. */
  readonly signal?: AbortSignal
  /** Policy for a range in which the format changes: refuse the range, or end the file there. @default 'refuse' */
  readonly atChange?: 'refuse' | 'end'
}

/** Milliseconds by which a segment of unknown boot may overlap the one before without repeating it. */
const maxOverlapMs = 500
/** Milliseconds by which the times of one key frame may differ in two files. */
const toleranceMs = 20
/** Track number of the leading track (video, or sound if there is none), which is the first of each file. */
const leaderId = 1

/**
 * Plans the export of a range of time as one file. Gaps stay gaps. The pictures are copied and not changed. Files that
 * two recorders have written of the same time give each picture once.
 *
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
  return fragments.map((fragment) => {
    const leader = fragment.runs.find(({ trackId }) => trackId === leaderId)
    const { decodeTime = 0, duration = 0, isSync = false } = leader ?? {}
    const endMs = msOf(decodeTime + duration)
    return { fragment, timeMs: msOf(decodeTime), endMs, isEntry: isSync }
  })
}

/** Returns the fragments from the last key frame at or before a time, up to another time. */
function chosenFragments(
  fragments: readonly TimedFragment[],
  fromMs: number,
  toMs: number,
): readonly TimedFragment[] {
  const at = fragments.findLastIndex(({ isEntry, timeMs }) => isEntry && timeMs <= fromMs)
  return fragments.slice(Math.max(0, at)).filter(({ timeMs }) => timeMs < toMs)
}

/**
 * Joins the fragments of a file to those of the latest one. Where both have the same time, the latest file ends at the
 * first key frame that both have.
 *
 * @returns The fragments that go on, and the milliseconds by which they move.
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
 * Returns whether two files were recorded at the same time, and not one after the other by a clock that was set back.
 *
 * @param overlapMs - Milliseconds by which their dates overlap.
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
