import { expect, test } from 'vitest'
import { MediaFactory } from '../../../src/media/media-factory.js'
import { h264, opus } from '../../../src/media/push/index.js'
import { picture } from '../../support/nal-stream.js'
import { nextTurn } from '../../support/until.js'
import { LiveViewer, liveMedia } from './live-scene.js'

/** A live media with a viewer, and a slate: another live media on the same clock. */
async function watched() {
  const { clock, live, tracks } = liveMedia({ tracks: [h264(), opus()] })
  const { live: slate, tracks: slateTracks } = liveMedia({ tracks: [h264()], clock })
  const factory = new MediaFactory(() => live.openSource(), {
    ...{ startTimeoutSeconds: 0, holdSeconds: 60, slate: () => slate.openSource() },
  })
  const write = async (to: typeof tracks | typeof slateTracks, index: number): Promise<void> => {
    to[0].writeAccessUnit(picture('h264', index))
    await nextTurn(2)
    clock.advance(40)
  }
  await write(tracks, 0)
  tracks[1].writeAccessUnit(Uint8Array.of(0xfc, 1))
  await write(slateTracks, 0)
  const viewer = await LiveViewer.of({ factory }, clock)
  return { clock, live, tracks, slateTracks, factory, viewer, write }
}

test('viewers see the slate while nothing is written, and then the next picture', async () => {
  const { clock, live, tracks, slateTracks, factory, viewer, write } = await watched()
  const pictures = async (): Promise<number> => (await viewer.unitsOf(0)).length
  await write(tracks, 1)
  expect(await pictures()).toBeGreaterThan(0)
  await write(slateTracks, 1)
  expect([await pictures(), viewer.media.awaySince]).toEqual([0, undefined])
  live.noteAway()
  live.noteAway()
  await nextTurn(5)
  expect(viewer.media.awaySince).toBeInstanceOf(Date)
  // The slate begins with its last key frame.
  expect(await pictures()).toBe(2)
  await write(slateTracks, 10)
  await write(slateTracks, 11)
  expect(await pictures()).toBe(2)
  // Sound before the first picture does not end the slate.
  tracks[1].writeAccessUnit(Uint8Array.of(0xfc, 2))
  await write(slateTracks, 12)
  expect(await pictures()).toBe(1)
  clock.advance(5_000)
  await write(tracks, 10)
  await write(slateTracks, 13)
  await write(tracks, 11)
  await write(tracks, 12)
  expect(viewer.media.awaySince).toBeUndefined()
  const back = await viewer.unitsOf(0)
  expect(back.length).toBe(3)
  expect(back[0]?.isKeyFrame).toBe(true)
  await factory.close()
})

test('a viewer that comes meanwhile waits, or sees the slate', async () => {
  const { clock, live, tracks, factory, viewer, write } = await watched()
  live.noteAway()
  const { media } = await LiveViewer.of({ factory }, clock)
  expect(media).toBe(viewer.media)
  const other = new MediaFactory(() => live.openSource(), { holdSeconds: 1 })
  const late = await LiveViewer.of({ factory: other }, clock)
  expect(late.media.awaySince).toBeInstanceOf(Date)
  await write(tracks, 10)
  await write(tracks, 11)
  expect(late.media.awaySince).toBeUndefined()
  live.noteAway()
  clock.advance(1_100)
  await nextTurn(2)
  expect([late.media.state, viewer.media.state]).toEqual(['ended', 'playing'])
  await Promise.all([factory.close(), other.close()])
})
