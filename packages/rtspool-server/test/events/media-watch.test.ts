import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { mountCamera } from '../../../rtspool/test/support/dialogue.js'
import { closeAfterTest } from '../../../rtspool/test/support/open-things.js'
import { connectTo, play, rtpPacket, urlOf } from '../../../rtspool/test/support/test-server.js'
import { pushTo } from '../../../rtspool/test/support/test-source.js'
import { startApi } from '../api/api-scene.js'
import { EventReader } from './event-reader.js'

/** A camera that plays, and a clock that the watch of media obeys. */
async function playing(mediaDownAfterSeconds = 10) {
  const clock = new ManualClock()
  const scene = await startApi({}, { mediaDownAfterSeconds }, { clock })
  const sources = mountCamera(scene.server, '/cam', { holdSeconds: 60 })
  await play(await connectTo(scene.server), urlOf(scene.server, '/cam'))
  let sequenceNumber = 0
  const push = (payloadBytes = 100) => {
    const payload = Buffer.alloc(payloadBytes)
    pushTo(sources, 0, rtpPacket({ sequenceNumber: sequenceNumber++, payload }))
  }
  const reader = await EventReader.open(scene.api, { query: { types: 'mediaDown,mediaUp' } })
  closeAfterTest(reader)
  const media = async () => (await scene.api.call('listMedia')).body.media[0]
  return { ...scene, clock, sources, push, reader, media }
}

describe('a media without packets', () => {
  it('is reported as down once, and as up with its next packet', async () => {
    const { clock, push, reader, media } = await playing()
    push()
    for (let n = 0; n < 30; n++) clock.advance(1000)
    expect((await media()).isDown).toBe(true)
    push()
    clock.advance(1000)
    await reader.next('mediaUp')
    expect(reader.types).toEqual(['mediaDown', 'mediaUp'])
    expect(reader.events[0]?.data).toMatchObject({ path: '/cam', seconds: 10 })
    expect((await media()).isDown).toBe(false)
  })

  it('is reported as down at once if its source is away, until pictures are sent again', async () => {
    const { clock, push, sources, reader, media } = await playing()
    push()
    clock.advance(1000)
    const [source] = sources
    source?.output?.sourceAway()
    clock.advance(1000)
    expect(await media()).toMatchObject({ isDown: true, awaySince: expect.any(String) })
    source?.output?.sourceBack(source.description)
    // Without a key frame, viewers wait.
    push()
    clock.advance(1000)
    expect(await media()).toMatchObject({ isDown: true })
    expect(await media()).not.toHaveProperty('awaySince')
    pushTo(sources, 0, rtpPacket({ sequenceNumber: 2, payload: Buffer.from([0x65, 0x88, 1]) }))
    clock.advance(1000)
    await reader.next('mediaUp')
    expect(reader.types).toEqual(['mediaDown', 'mediaUp'])
  })

  it('is not reported while packets arrive, or with the limit 0', async () => {
    for (const after of [2, 0]) {
      const { clock, push, control } = await playing(after)
      const before = control.feed.end
      for (let n = 0; n < 10; n++) {
        if (after > 0) push()
        clock.advance(1000)
      }
      expect(control.feed.end).toBe(before)
    }
  })
})

describe('the bitrate of a track', () => {
  it('is the mean of the last five seconds', async () => {
    const { clock, push, media } = await playing()
    expect((await media()).tracks[0].bitrate).toBeUndefined()
    for (let n = 0; n < 8; n++) {
      for (let packet = 0; packet < 10; packet++) push(n < 3 ? 1000 : 125)
      clock.advance(1000)
    }
    expect((await media()).tracks[0].bitrate).toBe(10_000)
    expect((await media()).tracks[1].bitrate).toBe(0)
  })
})
