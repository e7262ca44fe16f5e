import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { nextTurn } from '../../../rtspool/test/support/until.js'
import { ExportError, exportRange } from '../../src/recording/exported-range.js'
import { RecordingFiles } from '../../src/recording/recording-files.js'
import { recordingDefaults } from '../../src/recording/recording-plan.js'
import { type RetentionOptions, removeOld } from '../../src/recording/retention.js'
import { SegmentCatalog } from '../../src/recording/segment-catalog.js'
import { boxesOf } from '../fmp4/boxes.js'
import { diskFull } from './support/memory-store.js'
import { readSegment } from './support/read-segment.js'
import { recordFiles } from './support/recorded-files.js'

const startMs = Date.UTC(2026, 10, 29, 12)

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-recordings-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

const planFor = (folder: string) => ({ ...recordingDefaults, name: 'all', path: '/*', folder })

describe('files of a recording', () => {
  it('are their own index: path and times stand in each of them', async () => {
    const folder = newFolder()
    await recordFiles(folder)
    await recordFiles(folder, { path: '/other', recording: 'other' })
    writeFileSync(join(folder, 'clip.mp4'), 'no recording')
    const segments = await new SegmentCatalog(planFor(folder)).list()
    expect(segments.map(({ file, endMs, ...each }) => [file, each.startMs - startMs])).toEqual([
      ['cam/29/12-00-00.mp4', 0],
      ['cam/29/12-00-10.mp4', 10_000],
      ['cam/29/12-00-20.mp4', 20_000],
    ])
    expect(segments.map(({ endMs }) => endMs - startMs)).toEqual([10_000, 20_000, 25_000])
    expect(new Set(segments.map(({ path }) => path))).toEqual(new Set(['/cam']))
  })

  it('are not left empty on a full disk', async () => {
    const folder = newFolder()
    const probe = await open(join(folder, 'probe'), 'w')
    const written = vi.spyOn(Object.getPrototypeOf(probe), 'write').mockRejectedValue(diskFull())
    onTestFinished(() => written.mockRestore())
    await expect(recordFiles(folder, { seconds: 2 })).rejects.toMatchObject({ code: 'ENOSPC' })
    await probe.close()
    const files = readdirSync(folder, { recursive: true }).map(String)
    expect(files.filter((name) => name.endsWith('.mp4'))).toEqual([])
  })

  it('end at their last write where the process has ended', async () => {
    const folder = newFolder()
    await recordFiles(folder, { seconds: 5, isCut: true })
    const cut = join(folder, 'cam/29/12-00-00.mp4')
    utimesSync(cut, startMs / 1000, startMs / 1000 + 4)
    const [segment] = await new SegmentCatalog(planFor(folder)).list()
    expect(segment?.endMs).toBe(startMs + 4000)
  })

  it('are found anew when they change, and leave with their folders', async () => {
    const folder = newFolder()
    const catalog = new SegmentCatalog(planFor(join(folder, 'disk')))
    expect(await catalog.list()).toEqual([])
    await recordFiles(join(folder, 'disk'), { seconds: 12 })
    const [first, second] = await catalog.list()
    if (!first || !second) throw new Error('no segments')
    await catalog.remove(first)
    expect(readdirSync(join(folder, 'disk/cam/29'))).toEqual(['12-00-10.mp4'])
    await catalog.remove(second)
    expect(await catalog.list()).toEqual([])
    expect(readdirSync(join(folder, 'disk'))).toEqual([])
  })
})

describe('retention', () => {
  it('holds up nobody for longer than 5 s when the disk hangs', async () => {
    const listed = vi.spyOn(SegmentCatalog.prototype, 'list').mockReturnValue(new Promise(() => {}))
    onTestFinished(() => listed.mockRestore())
    const clock = new ManualClock()
    const plan = planFor(newFolder())
    const told = { onRemoved: () => {}, onFailed: () => {} }
    const files = new RecordingFiles({ clock, plans: () => [plan], open: () => new Set(), ...told })
    void files.tidy(plan)
    let isClosed = false
    const closing = files.close().then(() => {
      isClosed = true
    })
    clock.advance(4_999)
    await nextTurn()
    expect(isClosed).toBe(false)
    clock.advance(1)
    await closing
  })

  async function tidied(
    limits: { readonly maxAgeHours?: number; readonly maxBytes?: number },
    options: Partial<RetentionOptions> = {},
  ): Promise<string[]> {
    const folder = newFolder()
    await recordFiles(folder)
    const plan = { ...planFor(folder), ...limits }
    const removed: string[] = []
    await removeOld(plan, new SegmentCatalog(plan), {
      ...{ now: startMs + 3_625_000, open: new Set([join(folder, 'cam/29/12-00-20.mp4')]) },
      onRemoved: ({ file }, cause) => removed.push(`${file.slice(-12)} ${cause}`),
      ...options,
    })
    return removed
  }

  it('removes files that are too old, but none that is being written', async () => {
    expect(await tidied({ maxAgeHours: 1 })).toEqual(['12-00-00.mp4 age', '12-00-10.mp4 age'])
    expect(await tidied({ maxAgeHours: 0.1 })).toHaveLength(2)
    expect(await tidied({ maxAgeHours: 2 })).toEqual([])
    expect(await tidied({ maxAgeHours: 0 })).toEqual([])
  })

  it('removes the oldest files until the others are within the size', async () => {
    // Small files count 64 KiB each.
    expect(await tidied({ maxBytes: 200_000 })).toEqual([])
    expect(await tidied({ maxBytes: 140_000 })).toEqual(['12-00-00.mp4 size'])
    expect(await tidied({ maxBytes: 1 })).toHaveLength(2)
    expect(await tidied({ maxBytes: 0 })).toEqual([])
  })
})

describe('an exported range', () => {
  async function exported(folder: string, fromSeconds: number, toSeconds: number) {
    const segments = await new SegmentCatalog(planFor(folder)).list()
    const range = { fromMs: startMs + fromSeconds * 1000, toMs: startMs + toSeconds * 1000 }
    const file = await exportRange(folder, segments, range)
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
})
