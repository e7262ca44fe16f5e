import { describe, expect, test } from 'vitest'
import { timePiece, timeUnits } from '../../../src/media/file/timeline.js'
import type { AccessUnit, FileTrack } from '../../../src/media/file/tracks/file-track.js'
import { createMediaDescription } from '../../../src/sdp/index.js'

/** Creates a track whose units have these frame numbers, 25 a second, in decoding order. */
function trackOf(frames: readonly number[], lookAhead: number): FileTrack {
  const units = frames.map(
    (frame): AccessUnit => ({
      bytes: Buffer.of(frame & 0xff),
      isKey: frame === 0,
      seconds: frame / 25,
      durationSeconds: 1 / 25,
    }),
  )
  return {
    description: createMediaDescription({
      kind: 'video',
      payloadType: 96,
      encoding: 'H264',
      clockRate: 90_000,
    }),
    clockRate: 90_000,
    lookAhead,
    endSeconds: (Math.max(...frames) + 1) / 25,
    accessUnits: async function* () {
      yield* units
    },
    createPayloader: () => () => [],
  }
}

async function take(track: FileTrack, count: number, loop: boolean, originSeconds = 0) {
  const taken: { shown: number; sent: number }[] = []
  const roundSeconds = track.endSeconds - originSeconds
  for await (const entry of timeUnits(track, { loop, originSeconds, roundSeconds })) {
    taken.push({ shown: Math.round(entry.seconds * 25), sent: Math.round(entry.sendMs / 40) })
    if (taken.length === count) break
  }
  return taken
}

describe('timeUnits', () => {
  test('without reordering, sends each unit at its presentation time', async () => {
    expect(await take(trackOf([0, 1, 2], 0), 10, false)).toEqual([
      { shown: 0, sent: 0 },
      { shown: 1, sent: 1 },
      { shown: 2, sent: 2 },
    ])
  })

  test('keeps pictures that are shown late in decoding order', async () => {
    expect(await take(trackOf([0, 3, 1, 2, 6, 4, 5], 16), 10, false)).toEqual([
      { shown: 0, sent: 0 },
      { shown: 3, sent: 1 },
      { shown: 1, sent: 1 },
      { shown: 2, sent: 2 },
      { shown: 6, sent: 4 },
      { shown: 4, sent: 4 },
      { shown: 5, sent: 5 },
    ])
  })

  test('looped, begins a round at the end of the previous one', async () => {
    const taken = await take(trackOf([0, 2, 1], 16), 7, true)
    expect(taken.map(({ shown }) => shown)).toEqual([0, 2, 1, 3, 5, 4, 6])
    expect(taken.map(({ sent }) => sent)).toEqual([0, 1, 1, 3, 4, 4, 6])
  })

  test('looped for a year, does not drift by a tick', async () => {
    const track = trackOf([0, 1, 2], 0)
    const ticks: number[] = []
    for await (const { seconds } of timeUnits(track, {
      loop: true,
      originSeconds: 0,
      roundSeconds: 365 * 86_400 + 0.12,
    })) {
      ticks.push(Math.round(seconds * 90_000))
      if (ticks.length === 4) break
    }
    expect(ticks).toEqual([0, 3600, 7200, 365 * 86_400 * 90_000 + 10_800])
  })

  test('begins a file that starts late at once', async () => {
    const taken = await take(trackOf([50, 51], 0), 10, false, 2)
    expect(taken).toEqual([
      { shown: 0, sent: 0 },
      { shown: 1, sent: 1 },
    ])
  })
})

describe('timePiece', () => {
  async function piece(frames: readonly number[], start: number, end: number, keys = [0]) {
    const track = trackOf(frames, 16)
    async function* units() {
      for await (const unit of track.accessUnits()) {
        yield { ...unit, isKey: keys.includes(Math.round(unit.seconds * 25)) }
      }
    }
    const options = { startSeconds: start / 25, endSeconds: end / 25 }
    const shown: number[] = []
    for await (const { seconds } of timePiece(units(), 16, options)) {
      shown.push(Math.round(seconds * 25) + start)
    }
    return shown
  }

  test('excludes its end', { tags: 'A-RNG-4' }, async () => {
    expect(await piece([0, 1, 2, 3, 4], 0, 3)).toEqual([0, 1, 2])
  })

  test('leaves out units before its start, and those before the first key frame', async () => {
    // An open GOP: 4 and 5 are shown before the key frame and need earlier pictures.
    expect(await piece([3, 6, 4, 5, 7], 6, 100, [6])).toEqual([6, 7])
  })

  test('keeps a picture beyond its end if an earlier one needs it', async () => {
    expect(await piece([0, 3, 1, 2, 6, 4, 5], 0, 2)).toEqual([0, 3, 1])
    expect(await piece([0, 3, 1, 2, 6, 4, 5], 0, 3)).toEqual([0, 3, 1, 2])
  })

  test('reads only as far as pictures can be reordered', async () => {
    let read = 0
    const track = trackOf(
      Array.from({ length: 1000 }, (_, frame) => frame),
      16,
    )
    async function* units() {
      for await (const unit of track.accessUnits()) {
        read++
        yield unit
      }
    }
    for await (const _ of timePiece(units(), 16, { startSeconds: 0, endSeconds: 1 })) {
    }
    expect(read).toBeLessThanOrEqual(25 + 17)
  })

  test('counts time from its start', async () => {
    const track = trackOf([0, 1, 2], 0)
    const times: number[] = []
    const options = { startSeconds: 1 / 25, endSeconds: 1 }
    for await (const { sendMs } of timePiece(track.accessUnits(), 0, options)) times.push(sendMs)
    expect(times.map(Math.round)).toEqual([0, 40])
  })
})
