import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '../../src/api/api-client.js'
import type { RecordedPart } from '../../src/recordings/recorded-part.js'
import { RecordingPlayer } from '../../src/recordings/recording-player.js'

const noonMs = Date.UTC(2026, 10, 29, 12)
const partMs = 10_000

/** A buffer that takes everything at once. */
class FakeBuffer extends EventTarget {
  buffered = { length: 0 }
  timestampOffset = 0
  appendBuffer(): void {
    queueMicrotask(() => this.dispatchEvent(new Event('updateend')))
  }
}

class FakeSource extends EventTarget {
  static opened: FakeSource[] = []
  static isTypeSupported = () => true
  constructor() {
    super()
    FakeSource.opened.push(this)
  }
  addSourceBuffer = () => new FakeBuffer()
}

/** Plays a recording without an end, whose parts are read with the results that `answer` gives. */
function startPlayer(answer: (attempt: number) => Error | undefined) {
  FakeSource.opened = []
  vi.stubGlobal('MediaSource', FakeSource)
  vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:')
  vi.spyOn(URL, 'revokeObjectURL').mockReturnValue()
  const video = Object.assign(new EventTarget(), {
    ...{ readyState: 0, currentTime: 0, paused: false, buffered: { length: 0 } },
    ...{ play: async () => {}, pause: () => {} },
  })
  const reads: number[] = []
  const states: string[] = []
  const read = async (startMs: number): Promise<RecordedPart> => {
    reads.push((startMs - noonMs) / partMs)
    const error = answer(reads.length)
    if (error) throw error
    const mime = 'video/mp4; codecs="avc1.64001f"'
    return { mime, startMs, endMs: startMs + partMs, bytes: new ArrayBuffer(0) }
  }
  const player = new RecordingPlayer(video as unknown as HTMLVideoElement, {
    ...{ read, next: (timeMs) => timeMs, grows: () => false, onTime: () => {} },
    onStatus: ({ state, text }) => states.push(`${state} ${text}`.trim()),
  })
  player.play(noonMs)
  FakeSource.opened[0]?.dispatchEvent(new Event('sourceopen'))
  return { player, reads, states }
}

describe('the player of a recording', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })

  it.each([
    ['too many requests', new ApiError('Too many requests', 429)],
    ['a server that does not respond', new ApiError('The server does not respond.', 0)],
    ['a response that breaks off', new TypeError('network error')],
  ])('reads a part again after %s, at the beginning and later', async (_, error) => {
    const { player, reads, states } = startPlayer((attempt) =>
      [1, 2, 4].includes(attempt) ? error : undefined,
    )
    await vi.advanceTimersByTimeAsync(3500)
    expect(reads.slice(0, 4)).toEqual([0, 0, 0, 1])
    await vi.advanceTimersByTimeAsync(1500)
    expect(reads.slice(3, 6)).toEqual([1, 1, 2])
    expect(states.filter((state) => state.startsWith('failed'))).toEqual([])
    player.stop()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('fails after six attempts, with pauses that get longer', async () => {
    const error = new ApiError('Too many requests', 429)
    const { player, reads, states } = startPlayer(() => error)
    await vi.advanceTimersByTimeAsync(8000)
    expect(reads).toHaveLength(4)
    await vi.advanceTimersByTimeAsync(60_000)
    expect([reads.length, states.at(-1)]).toEqual([6, 'failed Too many requests'])
    player.stop()
  })

  it('fails at once where the server would refuse again', async () => {
    const { player, reads, states } = startPlayer(() => new ApiError('No such recording', 404))
    await vi.advanceTimersByTimeAsync(60_000)
    expect([reads.length, states.at(-1)]).toEqual([1, 'failed No such recording'])
    player.stop()
  })
})
