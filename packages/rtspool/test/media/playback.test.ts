import { describe, expect, test, vi } from 'vitest'
import type { MediaOutput } from '../../src/media/media-source.js'
import { Playback } from '../../src/media/playback.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { StoredTestSource } from '../support/stored-test-source.js'
import { nextTurn } from '../support/until.js'

function setUp() {
  const clock = new ManualClock()
  const source = new StoredTestSource()
  const output: MediaOutput = {
    tracks: [],
    clock,
    end: () => {},
    rangeEnded: () => {},
    sourceAway: () => {},
    sourceBack: () => true,
    fail: () => {},
    drained: async () => {},
    descriptionChanged: () => {},
  }
  source.start(output)
  return { clock, source, playback: new Playback(source, clock, () => {}) }
}

describe('Playback', () => {
  test('is at the beginning before it was sought, and neither plays nor is paused', () => {
    const { playback } = setUp()
    expect(playback.range).toEqual({ startSeconds: 0, endSeconds: 10 })
    expect([playback.isPlaying, playback.isPaused]).toEqual([false, false])
    playback.resume()
    playback.pause()
    expect([playback.isPlaying, playback.isPaused]).toEqual([false, false])
  })

  test('plays the sought range from the position that the source returns', async () => {
    const { clock, playback } = setUp()
    expect(await playback.seek({ startSeconds: 5, endSeconds: 8 })).toEqual({
      startSeconds: 4,
      endSeconds: 8,
    })
    playback.resume()
    clock.advance(1000)
    expect(playback.range).toEqual({ startSeconds: 5, endSeconds: 8 })
  })

  test('one seek waits for the one before, even if that fails', async () => {
    const { source, playback } = setUp()
    let fail = (): void => {}
    source.seekGate = new Promise((_resolve, reject) => {
      fail = () => reject(new Error('no'))
    })
    const first = playback.seek({ startSeconds: 2, endSeconds: 10 })
    const second = playback.seek({ startSeconds: 6, endSeconds: 10 })
    await nextTurn()
    expect(source.sought).toHaveLength(1)
    source.seekGate = undefined
    fail()
    await expect(first).rejects.toThrow('no')
    expect((await second).startSeconds).toBe(6)
    expect(source.sought).toHaveLength(2)
  })

  test('pauses at the last point that was named', async () => {
    const { clock, playback } = setUp()
    await playback.seek({ startSeconds: 0, endSeconds: 10 })
    playback.resume()
    const paused = vi.fn()
    playback.pauseAt(3, paused)
    playback.pauseAt(5, paused)
    clock.advance(4000)
    expect(paused).not.toHaveBeenCalled()
    clock.advance(1000)
    expect(paused).toHaveBeenCalledOnce()
    expect([playback.positionSeconds, playback.isPaused]).toEqual([5, true])
  })

  test('pauses when the source says that it has reached the point, if the source does', async () => {
    const { clock, source, playback } = setUp()
    const awaited: { seconds: number; reached: () => void }[] = []
    Object.assign(source, {
      notifyAt: (seconds: number, reached: () => void) => awaited.push({ seconds, reached }),
    })
    await playback.seek({ startSeconds: 0, endSeconds: 10 })
    playback.resume()
    const paused = vi.fn()
    playback.pauseAt(3, paused)
    playback.pauseAt(9, paused)
    expect(clock.pendingTimers).toBe(0)
    clock.advance(2000)
    awaited[0]?.reached()
    expect(paused).not.toHaveBeenCalled()
    awaited[1]?.reached()
    expect(paused).toHaveBeenCalledOnce()
    expect([awaited[1]?.seconds, playback.positionSeconds, playback.isPaused]).toEqual([9, 2, true])
  })

  test.each([
    ['pause', (playback: Playback) => playback.pause()],
    ['rangeEnded', (playback: Playback) => playback.rangeEnded()],
    ['close', (playback: Playback) => playback.close()],
    ['seek', (playback: Playback) => void playback.seek({ startSeconds: 0, endSeconds: 1 })],
  ])('%s forgets the point and holds no timer', async (_name, act) => {
    const { clock, playback } = setUp()
    await playback.seek({ startSeconds: 0, endSeconds: 10 })
    playback.resume()
    const paused = vi.fn()
    playback.pauseAt(5, paused)
    act(playback)
    expect(clock.pendingTimers).toBe(0)
    clock.advance(10_000)
    expect(paused).not.toHaveBeenCalled()
  })
})
