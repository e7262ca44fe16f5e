import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { fileMedia } from '../../../src/media/file/index.js'
import { constructMedia } from '../../../src/media/media-factory.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

const clip = fileURLToPath(new URL('../../../../rtspool-server/assets/test.mp4', import.meta.url))

describe('fileMedia', () => {
  test('viewers of a path share one media, with any query', async () => {
    const factory = fileMedia(clip, { loop: true })
    const clock = new ManualClock()
    const first = await constructMedia(factory, { path: '/test', query: undefined }, { clock })
    const second = await constructMedia(factory, { path: '/test', query: 'a=1' }, { clock })
    expect(second).toBe(first)
    expect(first.sdp.toString()).toContain('a=rtpmap:96 H264/90000')
    await factory.close()
  })

  test('if it is not shared, each viewer gets a media', async () => {
    const factory = fileMedia(clip, { shared: false })
    const clock = new ManualClock()
    const request = { path: '/test', query: undefined }
    const first = await constructMedia(factory, request, { clock })
    expect(await constructMedia(factory, request, { clock })).not.toBe(first)
    await factory.close()
    expect(factory.mediaCount).toBe(0)
  })

  test('a missing file is reported on the first request', async () => {
    const factory = fileMedia('/does/not/exist.mp4')
    const request = { path: '/test', query: undefined }
    await expect(
      constructMedia(factory, request, { clock: new ManualClock() }),
    ).rejects.toMatchObject({
      code: 'ERR_MEDIA_UNAVAILABLE',
      message: expect.stringContaining('/does/not/exist.mp4'),
    })
    expect(factory.mediaCount).toBe(0)
  })

  test('a file: URL may name the file', async () => {
    const factory = fileMedia(pathToFileURL(clip), { loop: true })
    const media = await constructMedia(
      factory,
      { path: '/test', query: undefined },
      { clock: new ManualClock() },
    )
    expect(media.tracks.length).toBeGreaterThan(0)
    await factory.close()
  })

  test.each([
    [new URL('https://example.com/a.mp4'), {}, 'must be of scheme file'],
    [undefined, {}, 'path must be a string that is not empty, got undefined'],
    ['', {}, 'path must be a string that is not empty'],
    [clip, { lop: true }, "fileMedia has no option 'lop': did you mean 'loop'?"],
    [clip, { loop: 'yes' }, "loop must be true or false, got 'yes'"],
    [clip, { shared: 0 }, 'shared must be true or false, got 0'],
    [clip, true, 'the options of fileMedia must be an object, got boolean'],
  ])('given %s with %j throws a TypeError with the reason', (path, options, message) => {
    const make = () => fileMedia(path as string, options as object)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })

  test('refuses a negative lingerSeconds', () => {
    expect(() => fileMedia(clip, { lingerSeconds: -1 })).toThrow(RangeError)
  })
})
