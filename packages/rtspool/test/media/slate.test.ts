import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { MediaOutput, MediaSource } from '../../src/media/media-source.js'
import type { CreateSlate } from '../../src/media/slate.js'
import { gopCacheDefaults, resolveGopCache } from '../../src/media/track/gop-cache-options.js'
import { timestampDistance } from '../../src/rtp/index.js'
import {
  type CameraRun,
  cameraDescription,
  runCamera,
  type SeenPacket,
  watchedCamera,
} from '../support/returning-source.js'
import { rtpPacket } from '../support/test-server.js'
import { nextTurn } from '../support/until.js'

const run: CameraRun = {
  tracks: [
    { ssrc: 7, sequenceNumber: 65_500, timestamp: 4_294_900_000, delayMs: 10 },
    { ssrc: 8, sequenceNumber: 100, timestamp: 5_000, delayMs: 25 },
  ],
  clockAheadMs: 0,
  reports: true,
  keyFrameAfter: 3,
}

/** Clip with other parameter sets than the camera, whose packets a test sends. */
class Clip implements MediaSource {
  readonly description
  output: MediaOutput | undefined
  isClosed = false
  #sequenceNumber = 40_000

  constructor(description = cameraDescription('sprop-parameter-sets=Z0IAHg==,aM4=')) {
    this.description = description
  }

  start(output: MediaOutput): void {
    this.output = output
    const [video, audio] = output.tracks
    video?.startAt({ ssrc: 0x51, sequenceNumber: 1, timestamp: 1 })
    video?.mapTime(output.clock.unixTimeMs(), 900_000, output.clock.now())
    audio?.mapTime(output.clock.unixTimeMs(), 480_000, output.clock.now())
  }

  close(): void {
    this.isClosed = true
  }

  /** Sends a picture of these NAL units, in payload type 111, and a unit of sound. */
  send(units: readonly number[], atMs = 0): void {
    const [video, audio] = this.output?.tracks ?? []
    for (const unit of units) {
      const payload = Buffer.alloc(9, 1)
      payload[0] = 0x60 | unit
      const numbers = { ssrc: 0x51, sequenceNumber: this.#sequenceNumber++ & 0xffff }
      const timestamp = 900_000 + atMs * 90
      const marker = unit === units.at(-1)
      video?.push(rtpPacket({ ...numbers, timestamp, payload, payloadType: 111, marker }))
    }
    const [sequenceNumber, timestamp] = [this.#sequenceNumber & 0xffff, 480_000 + atMs * 48]
    audio?.push(rtpPacket({ ssrc: 0x52, sequenceNumber, timestamp, payload: Buffer.alloc(9) }))
  }
}

const unitsOf = (packets: readonly SeenPacket[] = []): number[] =>
  packets.map(({ unitType }) => unitType)

function expectOneLine(packets: readonly SeenPacket[] = []): void {
  expect(new Set(packets.map(({ ssrc }) => ssrc)).size).toBe(1)
  for (const [index, packet] of packets.slice(1).entries()) {
    const before = packets[index] as SeenPacket
    expect((packet.sequenceNumber - before.sequenceNumber) & 0xffff).toBe(1)
    expect(timestampDistance(before.timestamp, packet.timestamp)).toBeGreaterThanOrEqual(0)
  }
}

/** A viewer of a camera that has gone away. `clips` are the slates so far. */
async function away(create?: CreateSlate) {
  const clips: Clip[] = []
  const failures: unknown[] = []
  const note = (message: unknown): void => void failures.push(message)
  subscribe('rtspool:callback-failed', note)
  onTestFinished(() => void unsubscribe('rtspool:callback-failed', note))
  const makeClip = (): MediaSource => {
    const clip = new Clip()
    clips.push(clip)
    return clip
  }
  const camera = watchedCamera({
    slate: () => create ?? makeClip,
    gopCache: resolveGopCache(gopCacheDefaults),
  })
  camera.viewer.play(camera.video)
  camera.viewer.play(camera.audio)
  runCamera(camera, { ...run, keyFrameAfter: 0 }, 1_000)
  camera.media.sourceAway()
  camera.clock.advance(500)
  await nextTurn(5)
  const [pictures = [], sounds = []] = camera.viewer.packets
  return { ...camera, clips, failures, pictures, sounds, before: pictures.length }
}

/** Lets the queued packets of a turn be sent. */
const sent = () => nextTurn(3)

describe('a slate', () => {
  it('is sent from its key frame on while the source is away, as one line with it', async () => {
    const { clips, clock, media, pictures, sounds, before, ...camera } = await away()
    const [clip] = clips
    clip?.send([1])
    clip?.send([7, 8, 5], 40)
    await sent()
    clock.advance(40)
    clip?.send([1], 80)
    await sent()
    expect(unitsOf(pictures.slice(before))).toEqual([7, 8, 5, 1])
    expect(media.awaySince).toBeDefined()
    expect(media.trackInfo()).toHaveLength(2)
    runCamera({ clock, media }, run, 200)
    expect(unitsOf(pictures.slice(before))).toEqual([7, 8, 5, 1])
    expect(media.sourceBack(cameraDescription())).toBe(true)
    expect(clip?.isClosed).toBe(true)
    clip?.send([7, 8, 5], 120)
    runCamera({ clock, media }, run, 400)
    await sent()
    // STAP-A with the described parameter sets, then the source from its key frame on.
    expect(unitsOf(pictures.slice(before)).slice(0, 9)).toEqual([7, 8, 5, 1, 24, 7, 8, 5, 1])
    expectOneLine(pictures)
    expectOneLine(sounds)
    expect(camera.failures).toEqual([])
  })

  it('has the payload type of the track that viewers know', async () => {
    const { clips, video } = await away()
    clips[0]?.send([7, 8, 5])
    await sent()
    expect(video.recentPackets().map((packet) => (packet[1] ?? 0) & 0x7f)).toEqual([96, 96, 96])
    expect(video.unlistedPackets).toBe(0)
  })

  it('is opened anew for each outage, and its end does not end the media', async () => {
    const { clips, clock, media, pictures, before, failures } = await away()
    clips[0]?.send([7, 8, 5])
    clips[0]?.output?.end()
    clips[0]?.send([1], 40)
    await sent()
    expect(unitsOf(pictures.slice(before))).toEqual([7, 8, 5])
    expect(clips[0]?.isClosed).toBe(true)
    expect(failures).toHaveLength(1)
    expect(media.trackInfo()).toEqual([])
    media.sourceBack(cameraDescription())
    runCamera({ clock, media }, { ...run, keyFrameAfter: 0 }, 200)
    media.sourceAway()
    await nextTurn(5)
    clips[1]?.send([7, 8, 5])
    await sent()
    expectOneLine(pictures)
    expect(unitsOf(pictures).slice(-3)).toEqual([7, 8, 5])
    await media.end()
    expect(clips[1]?.isClosed).toBe(true)
  })

  it.each([
    {
      name: 'a clip of another encoding',
      create: () => {
        const clip = new Clip(cameraDescription())
        clip.description.media[0]?.setAttribute('rtpmap', '96 H265/90000')
        return clip
      },
      says: 'expected a track of H264/90000, got H265/90000 and opus/48000',
    },
    {
      name: 'a clip that viewers seek in',
      create: () => ({
        ...{ description: cameraDescription(), start: () => {}, close: () => {} },
        ...{ durationSeconds: 1, positionSeconds: 0, seek: async () => 0 },
        ...{ resume: () => {}, pause: () => {} },
      }),
      says: 'a slate needs a live source',
    },
    {
      name: 'no clip',
      create: () => Promise.reject(new Error('no such file')),
      says: 'no such file',
    },
    { name: 'no source', create: () => 1 as never, says: 'a media source needs' },
  ])('that is $name lets viewers wait', async ({ create, says }) => {
    const { clock, media, pictures, before, failures } = await away(create)
    expect(String((failures as { error: Error }[])[0]?.error)).toContain(says)
    expect(pictures).toHaveLength(before)
    media.sourceBack(cameraDescription())
    runCamera({ clock, media }, run, 400)
    expect(unitsOf(pictures.slice(before)).slice(0, 3)).toEqual([7, 8, 5])
    expectOneLine(pictures)
  })

  it('that opens after the return of the source is closed', async () => {
    const clip = new Clip()
    let open = (): void => {}
    const opened = new Promise<MediaSource>((resolve) => {
      open = () => resolve(clip)
    })
    const { media } = await away(() => opened)
    media.sourceBack(cameraDescription())
    open()
    await nextTurn(5)
    expect(clip.isClosed).toBe(true)
    expect(clip.output).toBeUndefined()
  })

  it.each([
    { name: 'never opens', isLate: true, make: (opened: Promise<MediaSource>) => opened },
    {
      name: 'never starts',
      isLate: false,
      make: () => Object.assign(new Clip(), { start: () => new Promise<void>(() => {}) }),
    },
  ])('that $name, delays the end of its media by 10 s at most', async ({ isLate, make }) => {
    const clip = new Clip()
    let open = (): void => {}
    const opened = new Promise<MediaSource>((resolve) => {
      open = () => resolve(clip)
    })
    const { clock, media } = await away(() => make(opened))
    let isOver = false
    const ended = media.end().then(() => {
      isOver = true
    })
    clock.advance(9_999)
    await nextTurn(3)
    expect(isOver).toBe(false)
    clock.advance(1)
    await nextTurn(3)
    expect(isOver).toBe(true)
    await ended
    expect(clock.pendingTimers).toBe(0)
    open()
    await nextTurn(5)
    expect(clip.isClosed).toBe(isLate)
  })

  it('does not start a source that was closed while it prepared', async () => {
    let finish = (): void => {}
    const prepare = () =>
      new Promise<void>((resolve) => {
        finish = resolve
      })
    const clip = Object.assign(new Clip(), { prepare })
    const { media } = await away(() => clip)
    media.sourceBack(cameraDescription())
    expect(clip.isClosed).toBe(true)
    finish()
    await nextTurn(5)
    expect(clip.output).toBeUndefined()
  })

  it('closes an invalid source that has a method close', async () => {
    const clip = Object.assign(new Clip(), { start: 1 })
    const { failures } = await away(() => clip as never)
    expect(failures).toHaveLength(1)
    expect(clip.isClosed).toBe(true)
  })
})
