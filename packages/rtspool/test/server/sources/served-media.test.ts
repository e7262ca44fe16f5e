import { expect, it } from 'vitest'
import { Media } from '../../../src/media/media.js'
import { ServedMedia } from '../../../src/server/sources/served-media.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { TestSource } from '../../support/test-source.js'

it('media that have ended are kept neither before nor after they are noted', async () => {
  const clock = new ManualClock()
  const served = new ServedMedia({ started: () => {}, ended: () => {} })
  const ends = [
    (media: Media) => media.end().then(() => served.note(media)),
    (media: Media) => {
      served.note(media)
      return media.end()
    },
  ]
  for (const end of ends) {
    const media = new Media('/cam', new TestSource(), { clock, lingerMs: 0 })
    await end(media)
    expect(served.list.size).toBe(0)
  }
  await served.close()
})
