import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { PlayManner, PlayRange } from 'rtspool'
import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../../rtspool/test/support/until.js'
import { openReplay } from '../../src/replay/replay-mount.js'
import { recordFiles } from '../recording/support/recorded-files.js'
import {
  filesRead,
  newFolder,
  noonMs,
  normalManner,
  Player,
  planFor,
  type SentPacket,
  StoredRecordings,
} from './support/replay-scene.js'

const onvif: PlayManner = { ...normalManner, replayCSeq: 5 }
const unpaced: PlayManner = { ...onvif, rateControl: false }

/** Makes a folder with footage of 25 s in files of 10 s, and after a gap of 35 s, further 5 s. */
async function footageWithGap(): Promise<string> {
  const folder = newFolder()
  await recordFiles(folder)
  await recordFiles(folder, { startMs: noonMs + 60_000, seconds: 5 })
  return folder
}

async function open(
  options: { readonly query?: string | undefined; readonly folder?: string } = {},
) {
  const { query, folder = await footageWithGap() } = options
  const recordings = new StoredRecordings(planFor(folder))
  const failures: unknown[] = []
  const source = await openReplay(
    { recordings, prefix: '/replay', onFailed: (_, error) => failures.push(error) },
    { path: '/replay/cam', query },
  )
  const player = new Player(source)
  const play = async (range: PlayRange, manner: PlayManner) => {
    const start = await source.seek(range, manner)
    source.resume(manner)
    await player.run()
    return start
  }
  return { folder, recordings, source, player, play, failures }
}

/** Times of the access units that a track has sent, in milliseconds from noon. */
const timesOf = (sent: readonly SentPacket[]): number[] =>
  sent.flatMap(({ extension }) => (extension ? [Math.round(extension.unixMs - noonMs)] : []))

/** Returns times from one to another, without the second one. */
const steps = (fromMs: number, toMs: number, stepMs: number): number[] =>
  Array.from({ length: Math.ceil((toMs - fromMs) / stepMs) }, (_, index) => fromMs + index * stepMs)

/** Lets the pictures of a file be shown 80 ms after they are decoded, as with B-frames. */
function showLater(file: string): void {
  const bytes = readFileSync(file)
  for (let at = bytes.indexOf('tfhd'); at >= 0; at = bytes.indexOf('tfhd', at + 1)) {
    const run = bytes.indexOf('trun', at) + 4
    const count = bytes.readUInt32BE(at + 8) === 1 ? bytes.readUInt32BE(run + 4) : 0
    for (let index = 0; index < count; index++) {
      bytes.writeInt32BE(80 * 90, run + 12 + index * 16 + 12)
    }
  }
  writeFileSync(file, bytes)
}

describe('a recording that is played', () => {
  it('has times and length of its files, gaps included', async () => {
    const { source } = await open()
    expect([source.clockStartMs, source.durationSeconds, source.isGrowing]).toEqual([
      ...[noonMs, 65, false],
    ])
    expect(source.description.media.map((media) => media.attribute('rtpmap'))).toEqual([
      ...['96 H264/90000', '97 opus/48000/2'],
    ])
  })

  it('is sent in real time, over the borders of files and over the gap, which takes no time', async () => {
    const { source, player, play } = await open()
    expect(await play({ startSeconds: 0, endSeconds: 65 }, onvif)).toBe(0)
    const [video, sound] = player.tracks
    const pictures = [...steps(0, 25_000, 40), ...steps(60_000, 65_000, 40)]
    expect(timesOf(video?.sent ?? [])).toEqual(pictures)
    expect(timesOf(sound?.sent ?? [])).toHaveLength(50 * 30)
    expect(player.announced).toEqual(['rangeEnded'])
    expect(source.positionSeconds).toBe(65)
    const [first, last] = [video?.sent[0], video?.sent.at(-1)]
    expect((last?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(29_900)
    expect((last?.atMs ?? 0) - (first?.atMs ?? 0)).toBeLessThan(30_200)
    // RTP time goes on as if there were no gap.
    const passed = ((last?.timestamp ?? 0) - (first?.timestamp ?? 0) + 2 ** 32) % 2 ** 32
    expect(passed).toBe(90_000 * (30 - 0.04))
  })

  it('has RTP times that go on where the clock was set back, and files overlap', async () => {
    const folder = newFolder()
    await recordFiles(folder, { seconds: 8 })
    await recordFiles(folder, { startMs: noonMs + 7_600, seconds: 4 })
    const { player, play } = await open({ folder })
    await play({ startSeconds: 0, endSeconds: 12 }, onvif)
    const sent = player.tracks[0]?.sent ?? []
    expect(timesOf(sent)).toEqual([...steps(0, 8_000, 40), ...steps(7_600, 11_600, 40)])
    const [first] = sent
    const ticks = sent.map(({ timestamp }) => (timestamp - (first?.timestamp ?? 0)) >>> 0)
    expect(ticks).toEqual(sent.map((_, index) => index * 3_600))
  })

  it('marks the gap and the end', async () => {
    const { player, play } = await open()
    await play({ startSeconds: 0, endSeconds: 65 }, unpaced)
    const [video, sound] = player.tracks
    const marked = (
      sent: readonly SentPacket[] = [],
      name: 'isEnd' | 'isDiscontinuous' | 'isTerminal',
    ) => timesOf(sent.filter(({ extension }) => extension?.[name]))
    expect(marked(video?.sent, 'isEnd')).toEqual([24_960, 64_960])
    expect(marked(video?.sent, 'isDiscontinuous')).toEqual([60_000])
    expect(marked(video?.sent, 'isTerminal')).toEqual([64_960])
    expect(marked(sound?.sent, 'isDiscontinuous')).toEqual([60_000])
    const keys = timesOf((video?.sent ?? []).filter(({ extension }) => extension?.isSync))
    expect(keys).toEqual([...steps(0, 25_000, 1000), ...steps(60_000, 65_000, 1000)])
  })

  it('begins with the key frame before a time, and ends before the end of the range', async () => {
    const { player, play } = await open()
    expect(await play({ startSeconds: 9.5, endSeconds: 10.5 }, onvif)).toBe(9)
    const [video, sound] = player.tracks
    expect(timesOf(video?.sent ?? [])).toEqual(steps(9000, 10_500, 40))
    expect(timesOf(sound?.sent ?? [])).toEqual(steps(9000, 10_500, 20))
    const ends = [video, sound].map((track) => track?.sent.findLast(({ extension }) => extension))
    for (const last of ends)
      expect(last?.extension).toMatchObject({ isEnd: true, isTerminal: true })
  })

  it.each([
    [undefined, 22, 23],
    [undefined, 8, 12],
    [undefined, 23, 40],
    [undefined, 64, 65],
    ['endtime=20261129T120023Z', 22, 23],
  ])('ends with its range (%s, %i to %i s) while the path is recorded', async (query, from, to) => {
    const { player, play, recordings } = await open({ query })
    recordings.running.add('/cam')
    await play({ startSeconds: from, endSeconds: to }, onvif)
    expect(player.announced).toEqual(['rangeEnded'])
    const { sent } = player.tracks[0] ?? { sent: [] }
    expect(timesOf(sent)).toEqual(steps(from * 1000, Math.min(to, from < 60 ? 25 : to) * 1000, 40))
    expect(sent.at(-1)?.extension).toMatchObject({ isEnd: true, isTerminal: true })
  })

  it('does not grow while the path is recorded if the URL has an end', async () => {
    const folder = newFolder()
    await recordFiles(folder, { seconds: 5 })
    const recordings = new StoredRecordings(planFor(folder))
    recordings.running.add('/cam')
    const source = await openReplay(
      { recordings, prefix: '/replay', onFailed: () => {} },
      { path: '/replay/cam', query: 'endtime=20261129T130000Z' },
    )
    const player = new Player(source)
    await source.seek({ startSeconds: 0, endSeconds: 6 }, onvif)
    source.resume(onvif)
    await player.run()
    expect([source.isGrowing, player.announced]).toEqual([false, ['rangeEnded']])
  })

  it('begins behind a gap if the time is in the gap', async () => {
    const { play } = await open()
    expect(await play({ startSeconds: 40, endSeconds: 61 }, onvif)).toBe(60)
  })

  it('has parameter sets in front of each key frame, and no extension for others than ONVIF clients', async () => {
    const { player, play } = await open()
    await play({ startSeconds: 0, endSeconds: 1 }, normalManner)
    const [first] = player.tracks[0]?.sent ?? []
    expect(first?.extension).toBeUndefined()
    // STAP-A with SPS, PPS and the picture.
    expect((first?.packet[12] ?? 0) & 0x1f).toBe(24)
  })

  it('waits for the transport with Rate-Control: no, and has the times of the recording', async () => {
    const { player, source } = await open()
    let release = () => {}
    player.gate = new Promise((resolve) => {
      release = resolve
    })
    await source.seek({ startSeconds: 0, endSeconds: 65 }, unpaced)
    source.resume(unpaced)
    await player.run(5)
    expect(player.tracks[0]?.sent).toEqual([])
    player.gate = undefined
    release()
    const before = player.clock.now()
    await player.run()
    // Much faster than in 30 s.
    expect(player.clock.now() - before).toBeLessThan(10_000)
    const { sent } = player.tracks[0] ?? { sent: [] }
    const ticks = sent.map(
      ({ timestamp }) => (timestamp - (sent[0]?.timestamp ?? 0) + 2 ** 32) % 2 ** 32,
    )
    expect(ticks.map((each) => each / 90)).toEqual(timesOf(sent))
  })

  it('is sent at 4 times the rate, without sound and with RTP times to match', async () => {
    const { player, play, source } = await open()
    await play({ startSeconds: 0, endSeconds: 20 }, { ...onvif, scale: 4 })
    const [video, sound] = player.tracks
    expect(source.rates).toEqual({ scale: 4, speed: 1 })
    expect(timesOf(video?.sent ?? [])).toEqual(steps(0, 20_000, 40))
    expect(sound?.sent).toEqual([])
    const [first, last] = [video?.sent[0], video?.sent.at(-1)]
    expect((last?.atMs ?? 0) - (first?.atMs ?? 0)).toBeLessThan(5100)
    const passed = ((last?.timestamp ?? 0) - (first?.timestamp ?? 0) + 2 ** 32) % 2 ** 32
    expect(passed / 90).toBe(19_960 / 4)
  })

  it('is delivered at 4 times the speed with the RTP times of the recording', async () => {
    const { player, play } = await open()
    await play({ startSeconds: 0, endSeconds: 20 }, { ...onvif, speed: 4 })
    const [video, sound] = player.tracks
    expect(sound?.sent.length).toBe(1000)
    const [first, last] = [video?.sent[0], video?.sent.at(-1)]
    expect((last?.atMs ?? 0) - (first?.atMs ?? 0)).toBeLessThan(5100)
    const passed = ((last?.timestamp ?? 0) - (first?.timestamp ?? 0) + 2 ** 32) % 2 ** 32
    expect(passed / 90).toBe(19_960)
  })

  it('is thinned to key frames above 4 times the rate, unless all frames are wanted', async () => {
    const { player, play, source } = await open()
    await play({ startSeconds: 0, endSeconds: 20 }, { ...onvif, scale: 100 })
    expect(source.rates.scale).toBe(32)
    expect(timesOf(player.tracks[0]?.sent ?? [])).toEqual(steps(0, 20_000, 1000))
    await play({ startSeconds: 0, endSeconds: 2 }, { ...onvif, scale: 8, frames: 'all' })
    expect(timesOf(player.tracks[0]?.sent.slice(20) ?? [])).toEqual(steps(0, 2000, 40))
  })

  it('is thinned to key frames on demand, at least some seconds apart', async () => {
    const { player, play } = await open()
    const manner = { ...unpaced, frames: 'intra', intraIntervalMs: 4000 } as const
    await play({ startSeconds: 1, endSeconds: 65 }, manner)
    const times = [1000, 5000, 9000, 13_000, 17_000, 21_000, 60_000, 64_000]
    expect(timesOf(player.tracks[0]?.sent ?? [])).toEqual(times)
    expect(player.tracks[1]?.sent).toEqual([])
  })

  it('is played backwards in key frames over the gap, with rising RTP times', async () => {
    const { player, play } = await open()
    expect(await play({ startSeconds: 62.5, endSeconds: 22 }, { ...onvif, scale: -1 })).toBe(62)
    const { sent } = player.tracks[0] ?? { sent: [] }
    expect(timesOf(sent)).toEqual([62_000, 61_000, 60_000, 24_000, 23_000, 22_000])
    expect(sent.every(({ extension }) => extension?.isDiscontinuous)).toBe(true)
    const ticks = sent.map(
      ({ timestamp }) => (timestamp - (sent[0]?.timestamp ?? 0) + 2 ** 32) % 2 ** 32,
    )
    // From 60 s to the end of the footage before the gap, and one second to its last key frame.
    expect(ticks.map((each) => each / 90)).toEqual([0, 1000, 2000, 3000, 4000, 5000])
  })

  it('is played backwards in whole groups of pictures with Rate-Control: no', async () => {
    const { player, play } = await open()
    await play({ startSeconds: 10, endSeconds: 8 }, { ...unpaced, scale: -1 })
    const { sent } = player.tracks[0] ?? { sent: [] }
    const group = (fromMs: number) => steps(fromMs, fromMs + 1000, 40)
    expect(timesOf(sent)).toEqual([10_000, ...group(9000), ...group(8000)])
    const first = sent.filter(({ extension }) => extension?.isDiscontinuous)
    expect(timesOf(first)).toEqual([10_000, 9000, 8000])
    // RTP times are those of the recording: they decrease from group to group.
    const ticks = sent.map(({ timestamp }) => (timestamp - (sent[0]?.timestamp ?? 0)) | 0)
    expect(ticks.map((each) => each / 90 + 10_000)).toEqual(timesOf(sent))
  })

  it('goes on with the next picture after a pause', async () => {
    const { player, source } = await open()
    await source.seek({ startSeconds: 0, endSeconds: 5 }, onvif)
    source.resume(onvif)
    await player.run(1)
    source.pause()
    const at = source.positionSeconds
    const { sent } = player.tracks[0] ?? { sent: [] }
    const count = sent.length
    await player.run(3)
    expect([sent.length, source.positionSeconds]).toEqual([count, at])
    source.resume({ ...onvif, replayCSeq: 9 })
    await player.run()
    expect(timesOf(sent)).toEqual(steps(0, 5000, 40))
    expect(sent[count]?.extension?.cSeq).toBe(9)
  })

  it.each([
    [61, 61, onvif],
    [61, 61, unpaced],
    // A point in the gap is reached behind it.
    [40, 60, onvif],
  ])(
    'tells that it has reached %s s, over a gap, before it sends what is there',
    async (point, at, manner) => {
      const { player, source } = await open()
      await source.seek({ startSeconds: 22, endSeconds: 65 }, manner)
      source.resume(manner)
      const begunMs = player.clock.now()
      let reachedMs = 0
      source.notifyAt(point, () => {
        reachedMs = player.clock.now()
        source.pause()
      })
      await player.run(10)
      expect(source.positionSeconds).toBe(at)
      const pictures = timesOf(player.tracks[0]?.sent ?? [])
      expect(pictures).toEqual([...steps(22_000, 25_000, 40), ...steps(60_000, at * 1000, 40)])
      if (manner.rateControl)
        expect(Math.abs(reachedMs - begunMs - (at - 57) * 1000)).toBeLessThan(100)
      source.resume(manner)
      await player.run()
      expect(timesOf(player.tracks[0]?.sent ?? []).at(-1)).toBe(64_960)
    },
  )

  it('tells that it has reached a point backwards', async () => {
    const { player, source } = await open()
    const manner = { ...onvif, scale: -1 }
    await source.seek({ startSeconds: 62, endSeconds: 0 }, manner)
    source.resume(manner)
    source.notifyAt(22.5, () => source.pause())
    await player.run(10)
    const pictures = timesOf(player.tracks[0]?.sent ?? [])
    expect(pictures).toEqual([62_000, 61_000, 60_000, 24_000, 23_000])
  })

  it('forgets the point with a seek and with a pause', async () => {
    const { player, source } = await open()
    let count = 0
    const range = { startSeconds: 0, endSeconds: 5 }
    await source.seek(range, onvif)
    source.notifyAt(2, () => count++)
    await source.seek(range, onvif)
    source.resume(onvif)
    source.notifyAt(3, () => count++)
    source.pause()
    source.resume(onvif)
    await player.run()
    expect([count, player.announced]).toEqual([0, ['rangeEnded']])
  })

  it('has rising RTP times for sound in front of the first picture', async () => {
    const { folder, player, play } = await open()
    showLater(join(folder, 'cam/29/12-00-00.mp4'))
    expect(await play({ startSeconds: 0, endSeconds: 2 }, onvif)).toBe(0.08)
    const [video, sound] = player.tracks
    expect(timesOf(video?.sent ?? [])[0]).toBe(80)
    const { sent } = sound ?? { sent: [] }
    expect(timesOf(sent)).toEqual(steps(0, 2000, 20))
    const gaps = sent
      .slice(1)
      .map(({ timestamp }, index) => (timestamp - (sent[index]?.timestamp ?? 0)) | 0)
    expect(new Set(gaps)).toEqual(new Set([960]))
  })

  it('keeps numbers and RTP times running over a seek while it plays', async () => {
    const { player, source, play } = await open()
    await source.seek({ startSeconds: 0, endSeconds: 65 }, onvif)
    source.resume(onvif)
    await player.run(2)
    await play({ startSeconds: 20, endSeconds: 21 }, onvif)
    const { sent } = player.tracks[0] ?? { sent: [] }
    const numbers = sent.map(({ packet }) => packet.readUInt16BE(2))
    const first = numbers[0] ?? 0
    expect(numbers).toEqual(numbers.map((_, index) => (first + index) % 65_536))
    const gaps = sent
      .slice(1)
      .map(({ timestamp }, index) => (timestamp - (sent[index]?.timestamp ?? 0)) | 0)
    expect(Math.min(...gaps)).toBeGreaterThan(0)
    expect(Math.max(...gaps)).toBeLessThan(90_000)
  })

  it.each([
    ['starttime=20261129T120020Z', noonMs + 20_000, 45],
    ['starttime=2026-11-29T12:00:20Z&endtime=20261129t120022z', noonMs + 20_000, 2],
    ['recording=all&token=x', noonMs, 65],
  ])('is limited by %s in the URL', async (query, clockStartMs, durationSeconds) => {
    const { source } = await open({ query })
    expect([source.clockStartMs, source.durationSeconds]).toEqual([clockStartMs, durationSeconds])
  })

  it.each(['starttime=yesterday', 'starttime=20270101T000000Z', 'recording=other'])(
    'is not found with %s',
    async (query) => {
      await expect(open({ query })).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' })
    },
  )
})

describe('files that change while they are played', () => {
  it('are played to their end if they are deleted, and skipped if they are not open yet', async () => {
    const { folder, player, source } = await open()
    await source.seek({ startSeconds: 0, endSeconds: 65 }, onvif)
    source.resume(onvif)
    await player.run(2)
    for (const name of readdirSync(join(folder, 'cam/29')).filter((each) =>
      each.startsWith('12-00'),
    ))
      rmSync(join(folder, 'cam/29', name))
    await player.run()
    const times = timesOf(player.tracks[0]?.sent ?? [])
    expect(times).toEqual([...steps(0, 10_000, 40), ...steps(60_000, 65_000, 40)])
    expect(player.announced).toEqual(['rangeEnded'])
  })

  it('end the session when they cannot be read any more', async () => {
    const { folder, player, source, failures } = await open()
    await source.seek({ startSeconds: 0, endSeconds: 65 }, onvif)
    source.resume(onvif)
    await player.run(2)
    const name = join(folder, 'cam/29/12-00-00.mp4')
    truncateSync(name, 2000)
    await player.run()
    expect(player.announced).toEqual(['fail'])
    expect(failures).toHaveLength(1)
  })

  it('fail the seek when they cannot be read, and the failure is told', async () => {
    const { folder, source, failures } = await open()
    const name = join(folder, 'cam/29/12-00-00.mp4')
    rmSync(name)
    mkdirSync(name)
    const sought = source.seek({ startSeconds: 1, endSeconds: 65 }, onvif)
    await expect(sought).rejects.toThrow()
    expect(failures).toHaveLength(1)
  })

  /** Footage of 5 s in a file that is being written; its last write was 5 s after noon. */
  async function openWritten() {
    const folder = newFolder()
    await recordFiles(folder, { seconds: 5, isCut: true })
    const written = join(folder, 'cam/29/12-00-00.mp4')
    utimesSync(written, noonMs / 1000, noonMs / 1000 + 5)
    const recordings = new StoredRecordings(planFor(folder))
    recordings.running.add('/cam')
    const source = await openReplay(
      { recordings, prefix: '/replay', onFailed: () => {} },
      { path: '/replay/cam', query: undefined },
    )
    const player = new Player(source)
    return { folder, recordings, source, player, sent: player.tracks[0]?.sent ?? [] }
  }

  it('are as long as what was recorded by now', async () => {
    const { folder, recordings, source, player, sent } = await openWritten()
    expect(source.durationSeconds).toBeLessThan(5)
    await recordFiles(folder, { startMs: noonMs + 5000, seconds: 7 })
    recordings.noteChange()
    // Behind everything there is: the viewer gets the newest.
    const range = { startSeconds: 100, endSeconds: Number.POSITIVE_INFINITY }
    expect(await source.seek(range, onvif)).toBe(11)
    expect([source.isGrowing, source.durationSeconds]).toEqual([true, 12])
    source.resume(onvif)
    await player.run(5)
    expect([timesOf(sent), player.announced]).toEqual([steps(11_000, 12_000, 40), []])
    recordings.running.clear()
    await player.run()
    expect([player.announced, source.isGrowing]).toEqual([['rangeEnded'], false])
    expect(source.positionSeconds).toBe(12)
  })

  it('are played to the end that was asked for, which is recorded later', async () => {
    const { folder, recordings, source, player, sent } = await openWritten()
    await source.seek({ startSeconds: 0, endSeconds: 8 }, onvif)
    source.resume(onvif)
    await player.run(7)
    expect(player.announced).toEqual([])
    await recordFiles(folder, { startMs: noonMs + 5000, seconds: 5 })
    recordings.noteChange()
    await player.run()
    expect(player.announced).toEqual(['rangeEnded'])
    expect(timesOf(sent).at(-1)).toBe(7960)
    expect(source.positionSeconds).toBe(8)
  })

  it('are not waited for once the viewer has left', async () => {
    const folder = newFolder()
    await recordFiles(folder, { seconds: 3, isCut: true })
    const file = join(folder, 'cam/29/12-00-00.mp4')
    // No fragment has been written yet.
    truncateSync(file, readFileSync(file).indexOf('prft') - 4)
    const recordings = new StoredRecordings(planFor(folder))
    recordings.running.add('/cam')
    const source = await openReplay(
      { recordings, prefix: '/replay', onFailed: () => {} },
      { path: '/replay/cam', query: undefined },
    )
    new Player(source)
    const range = { startSeconds: 0, endSeconds: Number.POSITIVE_INFINITY }
    const seeking = source.seek(range, onvif).catch(String)
    await filesRead()
    source.close()
    expect(await seeking).toBe('Error: the replay was closed')
  })

  it('are followed while they are written, up to their last whole fragment', async () => {
    const { folder, recordings, source, player, sent } = await openWritten()
    await source.seek({ startSeconds: 0, endSeconds: Number.POSITIVE_INFINITY }, onvif)
    source.resume(onvif)
    await player.run(20)
    expect(player.announced).toEqual([])
    const before = sent.length
    expect(timesOf(sent)).toEqual(steps(0, before * 40, 40))
    expect(before).toBeGreaterThan(95)
    await recordFiles(folder, { startMs: noonMs + 5000, seconds: 5 })
    recordings.noteChange()
    recordings.running.clear()
    await player.run()
    expect(player.announced).toEqual(['rangeEnded'])
    expect(timesOf(sent).slice(before)).toEqual(steps(5000, 10_000, 40))
    await nextTurn()
  })
})
