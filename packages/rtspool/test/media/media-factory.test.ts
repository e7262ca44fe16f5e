import { describe, expect, it } from 'vitest'
import { MediaFactory } from '../../src/media/media-factory.js'
import type { MediaSource } from '../../src/media/media-source.js'
import { FakeClock } from '../support/fake-clock.js'
import { TestSource } from '../support/test-source.js'

const request = { path: '/cam', query: undefined }

/** A factory whose sources come when the test says so. */
function slowFactory(options?: ConstructorParameters<typeof MediaFactory>[1]) {
  const clock = new FakeClock()
  const pending: ((source: MediaSource) => void)[] = []
  const factory = new MediaFactory(
    () => new Promise<MediaSource>((resolve) => void pending.push(resolve)),
    options,
  )
  return { clock, factory, pending, construct: () => factory.construct(request, clock) }
}

const unavailable = { code: 'ERR_MEDIA_UNAVAILABLE', statusCode: 503 }

describe('a MediaFactory whose source takes its time', () => {
  it('A-MSG-22 gives up after ten seconds, for everybody who waits, and tries again', async () => {
    const { clock, pending, construct } = slowFactory()
    const waiting = [construct(), construct()]
    clock.advance(10_000)
    for (const each of waiting) await expect(each).rejects.toMatchObject(unavailable)
    const again = construct()
    pending.at(-1)?.(new TestSource())
    expect((await again).path).toBe('/cam')
    expect(pending.length).toBe(2)
  })

  it('closes a source that comes too late', async () => {
    const { clock, factory, pending, construct } = slowFactory({ startTimeoutSeconds: 1 })
    const late = construct()
    clock.advance(1_000)
    await expect(late).rejects.toMatchObject(unavailable)
    const source = new TestSource()
    pending[0]?.(source)
    await new Promise((resolve) => setImmediate(resolve))
    expect([source.closeCount, factory.mediaCount]).toEqual([1, 0])
  })

  it('is closed without waiting for it, and can be used again', async () => {
    const { clock, factory, pending, construct } = slowFactory({ startTimeoutSeconds: 0 })
    const early = construct()
    await factory.close()
    await expect(early).rejects.toMatchObject(unavailable)
    const again = construct()
    pending[1]?.(new TestSource())
    await again
    expect(factory.mediaCount).toBe(1)
    await factory.close()
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('a MediaFactory that does not share', () => {
  it('ends a media as soon as nobody uses it', async () => {
    const clock = new FakeClock()
    const source = new TestSource()
    const factory = new MediaFactory(() => source, { shared: false, lingerSeconds: 60 })
    const media = await factory.construct(request, clock)
    const viewer = { mediaEnded: () => {} }
    media.join(viewer)
    clock.advance(60_000)
    expect(source.closeCount).toBe(0)
    media.leave(viewer)
    clock.advance(0)
    expect([source.closeCount, clock.pendingTimers]).toEqual([1, 0])
  })
})
