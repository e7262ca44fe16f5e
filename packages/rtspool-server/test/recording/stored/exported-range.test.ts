import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { recordingDefaults } from '../../../src/recording/recording-plan.js'
import { ExportError, exportRange } from '../../../src/recording/stored/exported-range.js'
import { FileIndexes } from '../../../src/recording/stored/file-indexes.js'
import { SegmentCatalog } from '../../../src/recording/stored/segment-catalog.js'
import { boxesOf } from '../../fmp4/boxes.js'
import { recordWithClockSet } from '../support/clock-set.js'
import { readSegment } from '../support/read-segment.js'
import { recordFiles } from '../support/recorded-files.js'

const startMs = Date.UTC(2026, 10, 29, 12)

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-export-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

const planFor = (folder: string) => ({ ...recordingDefaults, name: 'all', path: '/*', folder })

describe('an exported range', () => {
  async function exported(folder: string, fromSeconds: number, toSeconds: number) {
    const segments = await new SegmentCatalog(planFor(folder)).list()
    const range = { fromMs: startMs + fromSeconds * 1000, toMs: startMs + toSeconds * 1000 }
    const file = await exportRange(folder, segments, range, { indexes: new FileIndexes() })
    const pieces: Buffer[] = []
    for await (const piece of file.read()) pieces.push(piece)
    return { ...file, bytes: Buffer.concat(pieces) }
  }

  it('has the pictures that were recorded, across files, and begins at a key frame', async () => {
    const folder = newFolder()
    const { pictures } = await recordFiles(folder)
    const { bytes, sizeBytes, ...times } = await exported(folder, 8.5, 21)
    expect(bytes).toHaveLength(sizeBytes)
    expect([times.startMs, times.endMs].map((at) => at - startMs)).toEqual([8000, 21_000])
    const { fragments, references, boxes } = readSegment(bytes)
    expect(boxes.slice(0, 5)).toEqual(['ftyp', 'moov', 'prft', 'moof', 'mdat'])
    const runs = fragments.map(({ runs }) => runs[0])
    expect(runs.map((run) => (run?.decodeTime ?? 0) / 90_000)).toEqual([...Array(13).keys()])
    expect(references.map(({ unixMs }) => Math.round(unixMs))).toEqual(
      runs.map((_, index) => startMs + 8000 + index * 1000),
    )
    const wanted = Buffer.concat(
      pictures
        .slice(8 * 25, 21 * 25)
        .map((slice) => Buffer.concat([Buffer.from([0, 0, 0, 100]), slice])),
    )
    const data = boxesOf(bytes).filter(({ path }) => path === 'mdat')
    const perFragment = 25 * 104
    const video = Buffer.concat(data.map(({ content }) => content.subarray(0, perFragment)))
    expect(video.equals(wanted)).toBe(true)
    for (const track of [0, 1]) {
      fragments.reduce((end, { runs }) => {
        const run = runs[track]
        expect(run?.decodeTime).toBe(end)
        return end + (run?.durations.reduce((sum, each) => sum + each, 0) ?? 0)
      }, 0)
    }
  })

  it('keeps a gap, and includes a file that was cut', async () => {
    const folder = newFolder()
    await recordFiles(folder, { seconds: 5 })
    await recordFiles(folder, { seconds: 5, startMs: startMs + 60_000, isCut: true })
    const { bytes } = await exported(folder, 0, 120)
    const times = readSegment(bytes).fragments.map(
      ({ runs }) => (runs[0]?.decodeTime ?? 0) / 90_000,
    )
    expect(times).toEqual([0, 1, 2, 3, 4, 60, 61, 62, 63])
  })

  it('is refused where nothing was recorded', async () => {
    const folder = newFolder()
    await recordFiles(folder)
    await expect(exported(folder, 30, 40)).rejects.toThrow(ExportError)
  })

  /** Returns the pictures of a file in their order, and checks that times only go forward. */
  function picturesOf(bytes: Buffer): string[] {
    const { fragments } = readSegment(bytes)
    for (const track of [0, 1]) {
      fragments.reduce((end, { runs }) => {
        const run = runs[track]
        expect(run?.decodeTime ?? end).toBeGreaterThanOrEqual(end)
        return (run?.decodeTime ?? end) + (run?.durations.reduce((sum, at) => sum + at, 0) ?? 0)
      }, 0)
    }
    const data = boxesOf(bytes).filter(({ path }) => path === 'mdat')
    return data.flatMap(({ content }, index) => {
      const count = fragments[index]?.runs[0]?.durations.length ?? 0
      return Array.from({ length: count }, (_, at) =>
        hashOf(content.subarray(at * 104 + 4, at * 104 + 104)),
      )
    })
  }

  const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64')

  it('has each picture once where two recorders have recorded the same time', async () => {
    const folder = newFolder()
    const { pictures } = await recordFiles(folder, { seconds: 15, bootId: 'one' })
    // A second process begins 12 s later, and goes on to the end.
    await recordFiles(folder, { seconds: 25, lateSeconds: 12.3, bootId: 'one' })
    const all = await recordFiles(folder, { seconds: 25, path: '/other', bootId: 'one' })
    const segments = await new SegmentCatalog(planFor(folder)).list()
    const own = segments.filter(({ path }) => path === '/cam')
    expect(own).toHaveLength(4)
    const range = { fromMs: startMs, toMs: startMs + 60_000 }
    const file = await exportRange(folder, own, range, { indexes: new FileIndexes() })
    const pieces: Buffer[] = []
    for await (const piece of file.read()) pieces.push(piece)
    const bytes = Buffer.concat(pieces)
    expect(bytes).toHaveLength(file.sizeBytes)
    expect(pictures.length).toBeLessThan(all.pictures.length)
    expect(picturesOf(bytes)).toEqual(all.pictures.map(hashOf))
  })

  it('has the pictures of both sides where the clock was set back', async () => {
    const folder = newFolder()
    const before = await recordFiles(folder, { seconds: 8, bootId: 'one' })
    const after = await recordFiles(folder, {
      ...{ seconds: 9, bootId: 'one', startMs: startMs + 3_000, uptimeMs: 8_000 },
    })
    const { bytes } = await exported(folder, 0, 60)
    const wanted = [...before.pictures, ...after.pictures].map(hashOf)
    expect(picturesOf(bytes)).toEqual(wanted)
  })

  it.each([0, 100, 300, 700])(
    'has times that go on there, with sound %i ms late',
    async (lateMs) => {
      const folder = newFolder()
      await recordWithClockSet(folder, lateMs)
      const { bytes, endMs } = await exported(folder, 0, 60)
      const runs = readSegment(bytes).fragments.flatMap((fragment) => fragment.runs)
      let next = 0
      for (const { decodeTime, durations } of runs.filter(({ trackId }) => trackId === 1)) {
        expect(decodeTime).toBe(next)
        next += durations.reduce((sum, each) => sum + each, 0)
      }
      expect(next).toBe(8 * 90_000)
      expect(endMs - startMs).toBe(8_040)
    },
  )

  it('reads one piece at a time, and closes its file when the client leaves', async () => {
    const folder = newFolder()
    await recordFiles(folder, { seconds: 4, sliceBytes: 100_000 })
    const segments = await new SegmentCatalog(planFor(folder)).list()
    const range = { fromMs: startMs, toMs: startMs + 60_000 }
    const file = await exportRange(folder, segments, range, { indexes: new FileIndexes() })
    expect(file.sizeBytes).toBeGreaterThan(10_000_000)
    const before = openFiles(folder)
    let largest = 0
    let count = 0
    for await (const piece of file.read()) {
      largest = Math.max(largest, piece.length)
      if (count++ === 10) break
      if (count === 5) expect(openFiles(folder)).toBe(before + 1)
    }
    expect(largest).toBeLessThanOrEqual(256 * 1024)
    expect(openFiles(folder)).toBe(before)
  })

  it('ends its planning when the client leaves', async () => {
    const folder = newFolder()
    await recordFiles(folder)
    const segments = await new SegmentCatalog(planFor(folder)).list()
    const range = { fromMs: startMs, toMs: startMs + 60_000 }
    const options = { indexes: new FileIndexes(), signal: AbortSignal.abort(new Error('left')) }
    await expect(exportRange(folder, segments, range, options)).rejects.toThrow('left')
  })
})

/** Number of files below a folder that this process has open. */
const openFiles = (folder: string): number =>
  readdirSync('/proc/self/fd').filter((fd) => targetOf(fd).startsWith(folder)).length

function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return ''
  }
}
