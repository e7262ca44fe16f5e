import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { nextTurn } from '../../../../rtspool/test/support/until.js'
import { processUptime } from '../../../src/recording/machine-uptime.js'
import { recordingDefaults } from '../../../src/recording/recording-plan.js'
import { RecordingFiles } from '../../../src/recording/stored/recording-files.js'
import { type RetentionOptions, removeOld } from '../../../src/recording/stored/retention.js'
import { SegmentAges } from '../../../src/recording/stored/segment-ages.js'
import { SegmentCatalog } from '../../../src/recording/stored/segment-catalog.js'
import { diskFull } from '../support/memory-store.js'
import { recordFiles } from '../support/recorded-files.js'

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
    const written = vi.spyOn(Object.getPrototypeOf(probe), 'writev').mockRejectedValue(diskFull())
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

describe('the list of files for those who follow a recording', () => {
  it('is made once in 1.5 s, and anew when a recorder has begun or closed a file', async () => {
    const clock = new ManualClock()
    const folder = newFolder()
    const plan = planFor(folder)
    const files = new RecordingFiles({
      ...{ clock, uptime: processUptime(clock), plans: () => [plan], open: () => new Set() },
      ...{ onRemoved: () => {}, onFailed: () => {} },
    })
    onTestFinished(() => files.close())
    const count = async () => (await files.recent(plan)).length
    expect(await count()).toBe(0)
    await recordFiles(folder, { seconds: 12 })
    expect(await count()).toBe(0)
    clock.advance(1500)
    expect(await count()).toBe(2)
    await recordFiles(folder, { startMs: startMs + 60_000, seconds: 5 })
    expect(await count()).toBe(2)
    // A list that was begun before does not count.
    clock.advance(1500)
    const early = files.recent(plan)
    files.noteChange(plan)
    expect(files.recent(plan)).not.toBe(early)
    expect(await count()).toBe(3)
  })

  it('is made anew after a failure', async () => {
    const clock = new ManualClock()
    const plan = planFor(newFolder())
    const files = new RecordingFiles({
      ...{ clock, uptime: processUptime(clock), plans: () => [plan], open: () => new Set() },
      ...{ onRemoved: () => {}, onFailed: () => {} },
    })
    onTestFinished(() => files.close())
    const listed = vi.spyOn(SegmentCatalog.prototype, 'list').mockRejectedValueOnce(diskFull())
    onTestFinished(() => listed.mockRestore())
    await expect(files.recent(plan)).rejects.toThrow('ENOSPC')
    expect(await files.recent(plan)).toEqual([])
  })
})

describe('retention', () => {
  it('holds up nobody for longer than 5 s when the disk hangs', async () => {
    const listed = vi.spyOn(SegmentCatalog.prototype, 'list').mockReturnValue(new Promise(() => {}))
    onTestFinished(() => listed.mockRestore())
    const clock = new ManualClock()
    const plan = planFor(newFolder())
    const told = { onRemoved: () => {}, onFailed: () => {} }
    const uptime = processUptime(clock)
    const files = new RecordingFiles({
      clock,
      uptime,
      plans: () => [plan],
      open: () => new Set(),
      ...told,
    })
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
    const clock = new ManualClock(0, startMs + 25_000)
    const ages = new SegmentAges(processUptime(clock))
    clock.advance(3_600_000)
    ages.observe(clock.unixTimeMs())
    await removeOld(plan, new SegmentCatalog(plan), {
      ages,
      isOpen: ({ file }) => file === 'cam/29/12-00-20.mp4',
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
