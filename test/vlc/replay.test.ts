import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decode } from '../interop/support/frames.js'
import {
  clipSeconds,
  GapRecording,
  gapSeconds,
  pictureCount,
} from '../interop/support/gap-recording.js'
import { MediaFiles } from '../interop/support/media-files.js'
import { endPrograms } from '../interop/support/process.js'
import { requirePrograms } from '../interop/support/programs.js'
import { hasVlc, playWithVlc, requireVlc, type VlcTransport } from './support/player.js'

describe('VLC plays a recording with a gap', () => {
  let files: MediaFiles
  let recording: GapRecording
  let exported: readonly string[] = []
  beforeAll(async () => {
    files = await MediaFiles.create()
    if (!hasVlc) return
    recording = await GapRecording.create(files)
    exported = (await decode({ input: recording.exported })).pictures.map(({ md5 }) => md5)
  }, 60_000)
  afterAll(async () => {
    await recording?.stop()
    await endPrograms()
    await files.remove()
  })

  /**
   * Plays from a place of the whole to the end. VLC drops what is in its buffer at the end, some 1.3 s, and may show one picture
   * of the beginning before it seeks.
   *
   * @returns Places in the export of the pictures that were shown, in order, without those of the beginning.
   */
  async function placesFrom(startSeconds: number, transport: VlcTransport): Promise<number[]> {
    const played = await playWithVlc({
      ...{ url: recording.url, transport, startSeconds },
      seconds: 2 * clipSeconds + gapSeconds + 4,
    })
    expect(played.errors).toEqual([])
    const places = played.pictures.map((md5) => exported.indexOf(md5))
    expect(places).not.toContain(-1)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    const sought = places.findIndex((place, index) => place - (places[index - 1] ?? place) > 1)
    return [...new Set(startSeconds > 0 && sought > 0 ? places.slice(sought) : places)]
  }

  test.for<VlcTransport>(['tcp', 'udp'])(
    'whole, over the gap, over %s',
    async (transport, context) => {
      requireVlc(context)
      requirePrograms(context, 'ffmpeg', 'ffprobe')
      const places = await placesFrom(0, transport)
      expect(places[0]).toBeLessThan(25)
      expect(places.length).toBeGreaterThan(1.25 * pictureCount)
      expect(places.at(-1)).toBeGreaterThan(1.25 * pictureCount)
    },
  )

  test('from the midst of each part, and from a time in the gap', async (context) => {
    requireVlc(context)
    requirePrograms(context, 'ffmpeg', 'ffprobe')
    const secondAt = (recording.secondMs - recording.beginMs) / 1000
    const begins = [2, secondAt - 1, secondAt + 2]
    const shown = await Promise.all(begins.map((seconds) => placesFrom(seconds, 'tcp')))
    const [first = [], gap = [], second = []] = shown
    // The key frame at or before the time, or the first picture behind the gap.
    expect(first[0]).toBeGreaterThanOrEqual(25)
    expect(first[0]).toBeLessThan(75)
    expect(first.at(-1)).toBeGreaterThan(pictureCount)
    expect(gap[0]).toBeGreaterThanOrEqual(pictureCount)
    expect(gap[0]).toBeLessThan(pictureCount + 25)
    expect(second[0]).toBeGreaterThanOrEqual(pictureCount + 25)
    expect(second[0]).toBeLessThan(pictureCount + 75)
  })
})
