import { describe, expect, it } from 'vitest'
import type { TrackInit } from '../../../src/media/track/track.js'
import { sequenceNumberOf, ssrcOf, timestampOf } from '../../../src/rtp/index.js'
import { timedPublisher } from '../../support/timed-publisher.js'
import { nextTurn } from '../../support/until.js'

function promised(init: Partial<TrackInit> = {}) {
  const scene = timedPublisher({ awaitsReport: false, ...init })
  return { ...scene, ssrc: scene.video.track.promiseSsrc() }
}

describe('the SSRC that a viewer was told before the first packet', { tags: 'R-7' }, () => {
  it.each(['passThrough', 'continuous'] as const)(
    'takes the place of the first SSRC of the source, and of no other number (%s)',
    async (timeline) => {
      const { video, ssrc } = promised({ timeline })
      video.send(9_000, { ssrc: 7, sequenceNumber: 65_535 })
      video.send(12_600, { ssrc: 7, sequenceNumber: 0 })
      await nextTurn()
      expect(video.packets.map(ssrcOf)).toEqual([ssrc, ssrc])
      expect(video.packets.map(sequenceNumberOf)).toEqual([65_535, 0])
      expect(video.packets.map(timestampOf)).toEqual([9_000, 12_600])
      expect(video.track.ssrc).toBe(ssrc)
      expect(video.report().ssrc).toBe(ssrc)
    },
  )

  it('is the same for all viewers, and that of the source once packets flow', () => {
    const { video, audio, ssrc } = promised()
    expect(video.track.promiseSsrc()).toBe(ssrc)
    expect(audio.track.promiseSsrc()).not.toBe(ssrc)
    video.send(0, { ssrc: 7 })
    expect(video.track.promiseSsrc()).toBe(ssrc)
    const later = timedPublisher().video
    later.send(0, { ssrc: 7 })
    expect(later.track.promiseSsrc()).toBe(7)
  })

  it('takes the place of the SSRC at which a source starts', async () => {
    const { video, ssrc } = promised()
    video.track.startAt({ ssrc: 7, sequenceNumber: 3, timestamp: 90 })
    expect(video.track.position).toEqual({ ssrc, sequenceNumber: 3, timestamp: 90 })
    video.send(90, { ssrc: 7, sequenceNumber: 3 })
    await nextTurn()
    expect(video.packets.map(ssrcOf)).toEqual([ssrc])
    // As a file does that goes on after a pause.
    video.track.startAt({ ssrc, sequenceNumber: 4, timestamp: 180 })
    video.send(180, { ssrc: 7, sequenceNumber: 4 })
    await nextTurn()
    expect(video.packets.map(ssrcOf)).toEqual([ssrc, ssrc])
  })

  it('stays with a continuous timeline alone when the source changes its SSRC', async () => {
    for (const timeline of ['passThrough', 'continuous'] as const) {
      const { clock, video, ssrc } = promised({ timeline })
      video.send(0, { ssrc: 7, sequenceNumber: 10 })
      clock.advance(40)
      video.send(3_600, { ssrc: 9, sequenceNumber: 500 })
      await nextTurn()
      expect(video.packets.map(ssrcOf)).toEqual([ssrc, timeline === 'continuous' ? ssrc : 9])
    }
  })

  it('stays over another publisher who takes over', async () => {
    const { clock, video, ssrc } = promised()
    video.send(0, { ssrc: 7, sequenceNumber: 10 })
    video.track.expectNewSource()
    clock.advance(40)
    video.send(777, { ssrc: 7, sequenceNumber: 500 })
    await nextTurn()
    expect(video.packets.map(ssrcOf)).toEqual([ssrc, ssrc])
    expect(video.packets.map(sequenceNumberOf)).toEqual([10, 11])
  })
})
