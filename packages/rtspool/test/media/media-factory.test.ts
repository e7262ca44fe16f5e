import { describe, expect, it } from 'vitest'
import {
  type CreateMediaSource,
  constructMedia,
  MediaFactory,
} from '../../src/media/media-factory.js'
import type { MediaFactoryOptions } from '../../src/media/media-factory-options.js'
import type { MediaSource } from '../../src/media/media-source.js'
import { createMediaDescription } from '../../src/sdp/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { TestSource } from '../support/test-source.js'
import { nextTurn } from '../support/until.js'

const request = { path: '/cam', query: undefined }

/** A factory whose sources come when the test says so. */
function slowFactory(options?: ConstructorParameters<typeof MediaFactory>[1]) {
  const clock = new ManualClock()
  const pending: ((source: MediaSource) => void)[] = []
  const factory = new MediaFactory(
    () => new Promise<MediaSource>((resolve) => void pending.push(resolve)),
    options,
  )
  return { clock, factory, pending, construct: () => constructMedia(factory, request, { clock }) }
}

const pcmu = createMediaDescription({
  ...{ kind: 'audio', payloadType: 0, encoding: 'PCMU', clockRate: 8000 },
})
const unavailable = { code: 'ERR_MEDIA_UNAVAILABLE', statusCode: 503 }

describe('a MediaFactory with a slow source', () => {
  it('gives up after ten seconds for all waiting clients, and tries again for the next', {
    tags: 'A-MSG-22',
  }, async () => {
    const { clock, pending, construct } = slowFactory()
    const waiting = [construct(), construct()]
    clock.advance(10_000)
    for (const each of waiting) await expect(each).rejects.toMatchObject(unavailable)
    const again = construct()
    pending.at(-1)?.(new TestSource())
    expect((await again).path).toBe('/cam')
    expect(pending.length).toBe(2)
  })

  it('closes a source that is ready too late', async () => {
    const { clock, factory, pending, construct } = slowFactory({ startTimeoutSeconds: 1 })
    const late = construct()
    clock.advance(1_000)
    await expect(late).rejects.toMatchObject(unavailable)
    const source = new TestSource()
    pending[0]?.(source)
    await nextTurn()
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
  it('ends an unused media at once', async () => {
    const clock = new ManualClock()
    const source = new TestSource()
    const factory = new MediaFactory(() => source, { shared: false, lingerSeconds: 60 })
    const media = await constructMedia(factory, request, { clock })
    const viewer = { mediaEnded: () => {} }
    media.participants.join(viewer)
    clock.advance(60_000)
    expect(source.closeCount).toBe(0)
    media.participants.leave(viewer)
    clock.advance(0)
    expect([source.closeCount, clock.pendingTimers]).toEqual([1, 0])
  })
})

describe('a MediaFactory that is asked for one path after the other', () => {
  it('keeps a hundred unwatched media, and all watched ones', async () => {
    const clock = new ManualClock()
    const sources: TestSource[] = []
    const factory = new MediaFactory(
      () => {
        const source = new TestSource()
        sources.push(source)
        return source
      },
      { lingerSeconds: 60 },
    )
    const viewer = { mediaEnded: () => {} }
    const ask = async (query: number) => {
      const media = await constructMedia(factory, { path: '/cam', query: `${query}` }, { clock })
      media.participants.join(viewer)
      return media
    }
    const watched = await ask(0)
    for (let query = 1; query <= 300; query++) (await ask(query)).participants.leave(viewer)
    await ask(301)
    expect([factory.mediaCount, watched.state, sources[201]?.closeCount]).toEqual([102, 'idle', 0])
    expect(sources.slice(1, 201).every(({ closeCount }) => closeCount === 1)).toBe(true)
    watched.participants.leave(viewer)
    await factory.close()
    expect([factory.mediaCount, clock.pendingTimers]).toEqual([0, 0])
  })

  it.each([{ maxLingering: 0 }, { lingerSeconds: Number.POSITIVE_INFINITY }])(
    'ends none of them with %j',
    async (options) => {
      const factory = new MediaFactory(() => new TestSource(), options)
      const viewer = { mediaEnded: () => {} }
      for (let query = 0; query < 150; query++) {
        const request = { path: '/cam', query: `${query}` }
        const media = await constructMedia(factory, request, { clock: new ManualClock() })
        media.participants.join(viewer)
        media.participants.leave(viewer)
      }
      expect(factory.mediaCount).toBe(150)
      await factory.close()
    },
  )

  it('ends no media that a request is about to use', async () => {
    const factory = new MediaFactory(() => new TestSource())
    const clock = new ManualClock()
    const asked = Array.from({ length: 150 }, (_, query) =>
      constructMedia(factory, { path: '/cam', query: `${query}` }, { clock }),
    )
    const states = (await Promise.all(asked)).map(({ state }) => state)
    expect(new Set(states)).toEqual(new Set(['idle']))
    await factory.close()
  })
})

it('closes a source whose description cannot be used', async () => {
  const source = new TestSource()
  Object.assign(source, { description: undefined })
  const factory = new MediaFactory(() => source)
  await expect(
    constructMedia(factory, request, { clock: new ManualClock() }),
  ).rejects.toMatchObject(unavailable)
  expect([source.closeCount, factory.mediaCount]).toEqual([1, 0])
})

describe('new MediaFactory', () => {
  const create = () => new TestSource()

  it.each([
    [
      new TestSource(),
      {},
      'MediaFactory: expected a function that makes a source, such as () => source, got TestSource',
    ],
    [undefined, {}, 'such as () => source, got undefined'],
    [create, { share: false }, "MediaFactory has no option 'share': did you mean 'shared'?"],
    [create, null, 'the options of MediaFactory must be an object, got null'],
    [create, { shared: 'no' }, "shared must be true or false, got 'no'"],
    [create, { servesSubpaths: 1 }, 'servesSubpaths must be true or false, got 1'],
    [create, { sharedKey: '/a' }, "sharedKey must be a function, got '/a'"],
    [create, { multicast: {} }, 'multicast.groups must be group addresses'],
    [create, { backChannel: {} }, 'backChannel.description must be a MediaDescription, as'],
    [
      create,
      { backChannel: { description: pcmu } },
      'backChannel.open must be a function, got undefined',
    ],
    [
      create,
      { backChannel: { description: pcmu, open() {}, maxClient: 1 } },
      "backChannel has no option 'maxClient': did you mean 'maxClients'?",
    ],
  ])('of %o with %j is a TypeError that names the expected value', (source, options, message) => {
    const make = () => new MediaFactory(source as CreateMediaSource, options as MediaFactoryOptions)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })

  it.each(['lingerSeconds', 'maxLingering', 'startTimeoutSeconds'])(
    'with %s in words is a RangeError',
    (name) => {
      const make = () => new MediaFactory(create, { [name]: '10' })
      expect(make).toThrow(RangeError)
      expect(make).toThrow(`${name} must be a number from 0, got '10'`)
    },
  )

  it('accepts one limit of gopCache, and uses the default of the other', () => {
    const { options } = new MediaFactory(create, { gopCache: { maxSeconds: 2 } })
    expect(options.gopCache).toEqual({ maxBytes: 8 * 1024 * 1024, maxSeconds: 2 })
  })
})

describe('a value other than a source', () => {
  const { description } = new TestSource()
  const start = () => {}
  const close = () => {}

  it.each([
    [undefined, 'got undefined'],
    ['rtsp://camera', 'got string'],
    [{ start, close }, 'got object without description'],
    [{ description: 'v=0', start, close }, 'got object without description'],
    [{ description: {}, start, close }, 'got object without description'],
    [{ description, start: true }, 'got object without start, close'],
    [{}, 'got object without description, start, close'],
    [{ description, start, close, remoteAddress: 7 }, 'got object without a string remoteAddress'],
  ])('%j gets 503, and the error lists the needs of a source', async (source, got) => {
    const factory = new MediaFactory(() => source as MediaSource)
    const message = `/cam: a media source needs description, start and close, ${got}`
    const constructed = constructMedia(factory, request, { clock: new ManualClock() })
    await expect(constructed).rejects.toMatchObject({ ...unavailable, message })
    expect(factory.mediaCount).toBe(0)
  })

  it('is closed if it can be', async () => {
    let closed = 0
    const half = { start, close: () => void closed++ }
    const factory = new MediaFactory(() => half as unknown as MediaSource)
    await expect(constructMedia(factory, request, { clock: new ManualClock() })).rejects.toThrow(
      'without description',
    )
    expect(closed).toBe(1)
  })
})

it('causes no warning when many sources are created at a time', async () => {
  const warnings: Error[] = []
  const listener = (warning: Error): void => void warnings.push(warning)
  process.on('warning', listener)
  const factory = new MediaFactory(() => new Promise<MediaSource>(() => {}))
  const clock = new ManualClock()
  const asked = Array.from({ length: 50 }, (_, query) =>
    constructMedia(factory, { path: '/cam', query: `${query}` }, { clock }).catch(() => {}),
  )
  await factory.close()
  await Promise.all(asked)
  await nextTurn()
  process.off('warning', listener)
  expect(warnings).toEqual([])
})
