import { describe, expect, test } from 'vitest'
import { aac, h264, opus, pcmu, type TimedUnit } from '../../../src/media/push/index.js'
import { adtsFrame, picture } from '../../support/nal-stream.js'
import { nextTurn } from '../../support/until.js'
import { LiveViewer, liveMedia } from './live-scene.js'

async function* unitsOf(count: number, fps = 25): AsyncGenerator<TimedUnit> {
  for (let index = 0; index < count; index++) {
    yield { data: picture('h264', index), pts: index / fps }
  }
}

/** A source whose chunks a test gives. */
function chunks() {
  const waiting: Uint8Array[] = []
  let wake = (): void => {}
  let isReturned = false
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        for (let next = waiting.shift(); next; next = waiting.shift()) yield next
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    } finally {
      isReturned = true
    }
  }
  const push = (chunk: Uint8Array) => {
    waiting.push(chunk)
    wake()
  }
  return { source: read(), push, isReturned: () => isReturned }
}

describe('streams into a track', () => {
  test('a source that is faster than real time is held until its time, on all tracks alike', async () => {
    const { clock, live, tracks } = liveMedia({ tracks: [h264(), opus()] })
    async function* sound(): AsyncGenerator<TimedUnit> {
      for (let index = 0; index < 100; index++) {
        yield { data: Buffer.from([0xfc, index, 1]), pts: index / 50 }
      }
    }
    const written = Promise.all([
      tracks[0].writeFrom(unitsOf(50), { pace: true }),
      tracks[1].writeFrom(sound(), { pace: true }),
    ])
    await nextTurn()
    const viewer = await LiveViewer.of(live, clock)
    const seen = [0, 0]
    for (let ms = 0; ms < 2000; ms += 20) {
      for (const { track } of await viewer.units()) seen[track.index] = (seen[track.index] ?? 0) + 1
      expect(seen).toEqual([Math.floor(ms / 40) + 1, ms / 20 + 1])
      clock.advance(20)
    }
    await written
  })

  test('a media that closes ends the writing from a source that is silent', async () => {
    const { live, tracks } = liveMedia({ tracks: [h264(), opus()] })
    const { source, push, isReturned } = chunks()
    const written = tracks[0].writeFrom(source, { split: true })
    push(picture('h264', 0))
    await nextTurn(3)
    await live.close()
    await written
    expect(isReturned()).toBe(false)
    push(picture('h264', 1))
    await nextTurn(3)
    expect(isReturned()).toBe(true)
  })

  test('a writable stream shows its backpressure', async () => {
    const { clock, tracks } = liveMedia({ tracks: [h264()] })
    const writer = tracks[0].writable({ pace: true }).getWriter()
    const first = writer.write({ data: picture('h264', 0), pts: 0 })
    await first
    void writer.write({ data: picture('h264', 1), pts: 0.04 })
    await nextTurn()
    expect(writer.desiredSize).toBe(0)
    clock.advance(40)
    await writer.ready
    expect([writer.desiredSize, tracks[0].stats.units]).toEqual([1, 2])
    await writer.close()
  })

  test('without pace, units are sent when they come', async () => {
    const { live, clock, tracks } = liveMedia({ tracks: [h264()] })
    await tracks[0].writeFrom(unitsOf(30))
    expect(tracks[0].stats).toMatchObject({ units: 30, keyFrames: 3 })
    expect(await (await LiveViewer.of(live, clock)).units()).toHaveLength(10)
  })

  test('a byte stream is split into access units', async () => {
    const { clock, live, tracks } = liveMedia({
      tracks: [h264({ frameRate: 25 }), aac(), pcmu()],
    })
    const [pictures, frames, samples] = [chunks(), chunks(), chunks()]
    const abort = new AbortController()
    const options = { split: true, signal: abort.signal }
    const written = [
      tracks[0].writeFrom(pictures.source, options),
      tracks[1].writeFrom(frames.source, options),
      tracks[2].writeFrom(samples.source, options),
    ]
    const ended = Promise.allSettled(written)
    const stream = Buffer.concat(Array.from({ length: 5 }, (_, index) => picture('h264', index)))
    for (let start = 0; start < stream.length; start += 17) {
      pictures.push(stream.subarray(start, start + 17))
    }
    const sound = Buffer.concat([1, 2, 3].map((value) => adtsFrame(Buffer.alloc(40, value))))
    frames.push(sound.subarray(0, 60))
    frames.push(sound.subarray(60))
    samples.push(Buffer.alloc(400))
    await nextTurn(10)
    expect(tracks.map(({ stats }) => stats.units)).toEqual([4, 3, 2])
    const viewer = await LiveViewer.of(live, clock)
    expect((await viewer.unitsOf(0)).length).toBe(4)
    abort.abort(new Error('enough'))
    for (const result of await ended) {
      expect(result).toMatchObject({ status: 'rejected', reason: { message: 'enough' } })
    }
  })

  test('an error of the source rejects, and a source of a closed media is ended', async () => {
    const { live, tracks } = liveMedia({ tracks: [h264()] })
    async function* broken(): AsyncGenerator<TimedUnit> {
      yield* unitsOf(2)
      throw new Error('the camera has gone')
    }
    await expect(tracks[0].writeFrom(broken())).rejects.toThrow('the camera has gone')
    const { source, push, isReturned } = chunks()
    const written = tracks[0].writeFrom(source)
    push(picture('h264', 0))
    await nextTurn()
    await live.close()
    push(picture('h264', 1))
    await written
    await nextTurn()
    expect(isReturned()).toBe(true)
  })

  test('wrong options and units are told', async () => {
    const { tracks } = liveMedia({ tracks: [opus()] })
    expect(() => tracks[0].writable({ pase: true } as never)).toThrow("no option 'pase'")
    expect(() => tracks[0].writable({ split: true })).toThrow('there is no byte stream of opus')
    await expect(tracks[0].writeFrom([1] as never)).rejects.toThrow(TypeError)
    const writer = tracks[0].writable().getWriter()
    await expect(writer.write('x' as never)).rejects.toThrow('a unit must be a Uint8Array')
  })
})
