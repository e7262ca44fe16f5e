import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { defaultMaxEntryWaitMs } from '../../../src/transport/tcp/channel-table.js'
import { bytesOf } from '../../support/bytes-of.js'
import { rtpPacket } from '../../support/test-server.js'
import { TrackViewer, videoTrack } from '../../support/track-viewer.js'
import { nextTurn } from '../../support/until.js'

const frameMs = 40
const framesPerSecond = 25

/** Payloads of one picture: the first is sent first. */
type Frame = (index: number) => readonly string[]

const everySecond = (index: number, seldom: readonly string[], usual: readonly string[]) =>
  index > 0 && index % framesPerSecond === 0 ? seldom : usual

const h264 = { key: '65 88', slice: '41 9a' }
const h265 = { key: '2601 af', slice: '0201 d0' }

interface Stream {
  readonly name: string
  readonly encoding: string
  readonly frame: Frame
  readonly hasMarkers?: boolean
}

/** A viewer that takes nothing for six seconds, and then everything. @returns Milliseconds until it was sent pictures again. */
async function msWithoutPictures(
  { encoding, frame, hasMarkers = true }: Stream,
  maxEntryWaitMs?: number,
) {
  const clock = new ManualClock()
  const track = videoTrack(encoding, clock)
  const viewer = new TrackViewer(track, false, maxEntryWaitMs)
  track.addReader(viewer.reader)
  const resumedAt: (readonly [number, string])[] = []
  let sequenceNumber = 0
  for (let index = 0; index < 30 * framesPerSecond; index++) {
    viewer.isCongested = index >= 50 && index < 200
    const before = viewer.received.length
    const payloads = frame(index)
    for (const [at, payload] of payloads.entries()) {
      const marker = hasMarkers && at === payloads.length - 1
      const timestamp = hasMarkers ? index * 3_600 : 0
      track.push(
        rtpPacket({
          sequenceNumber: sequenceNumber++,
          timestamp,
          marker,
          payload: bytesOf(payload),
        }),
      )
    }
    await nextTurn()
    clock.advance(frameMs)
    const first = viewer.received[before]
    if (index >= 200 && first !== undefined && resumedAt.length === 0) {
      const at = first - (sequenceNumber - payloads.length)
      resumedAt.push([(index - 200) * frameMs, payloads[at] ?? ''])
    }
  }
  // From there on it gets everything.
  const [last = Number.NaN] = viewer.received.slice(-1)
  expect(last).toBe(sequenceNumber - 1)
  expect(
    viewer.received.filter((n, at, all) => at > 0 && n !== (all[at - 1] ?? 0) + 1),
  ).toHaveLength(1)
  return resumedAt[0]
}

describe('a viewer that was slow is sent pictures again', { tags: 'M-B' }, () => {
  const h264Refresh =
    (sei: string): Frame =>
    (index) =>
      index === 0 ? [h264.key] : everySecond(index, [sei, h264.slice, h264.slice], [h264.slice])
  const h265Refresh =
    (sei: string): Frame =>
    (index) =>
      index === 0 ? [h265.key] : everySecond(index, [sei, h265.slice], [h265.slice])
  it.each<Stream & { readonly at: string }>([
    {
      name: 'H.264 refresh',
      encoding: 'H264',
      frame: h264Refresh('06 06 01 28 80'),
      at: '06 06 01 28 80',
    },
    {
      name: 'H.264 open GOP',
      encoding: 'H264',
      frame: h264Refresh('06 06 01 c4 80'),
      at: '06 06 01 c4 80',
    },
    {
      name: 'H.264 refresh in one packet',
      encoding: 'H264',
      frame: h264Refresh('78 0005 0606012880 0002 419a'),
      at: '78 0005 0606012880 0002 419a',
    },
    {
      name: 'H.265 GDR',
      encoding: 'H265',
      frame: h265Refresh('4e01 06 01 28 80'),
      at: '4e01 06 01 28 80',
    },
    { name: 'H.265 CRA', encoding: 'H265', frame: h265Refresh('2a01 af'), at: '2a01 af' },
    {
      name: 'VP8',
      encoding: 'VP8',
      frame: (index) => everySecond(index, ['10 50'], ['10 51']),
      at: '10 50',
    },
    {
      name: 'JPEG',
      encoding: 'JPEG',
      frame: (index) =>
        everySecond(index, ['00 000000 01501e1e', '00 000100 01501e1e'], ['00 000100 01501e1e']),
      at: '00 000000 01501e1e',
    },
  ])('at the next place to go on at, within a second: $name', async ({ at, ...stream }) => {
    const [ms, payload] = (await msWithoutPictures(stream)) ?? [Number.NaN, '']
    expect(ms).toBeLessThanOrEqual(1000)
    expect(payload).toBe(at)
  })

  it.each<Stream & { readonly first: string }>([
    {
      name: 'H.264',
      encoding: 'H264',
      first: '06 05 01',
      frame: (index) => (index === 0 ? [h264.key] : ['06 05 01', h264.slice, h264.slice]),
    },
    {
      name: 'H.264, a key frame a minute',
      encoding: 'H264',
      first: h264.slice,
      frame: (index) => (index % 1500 === 0 ? [h264.key] : [h264.slice, '41 1a']),
    },
    {
      name: 'H.265',
      encoding: 'H265',
      first: h265.slice,
      frame: (index) => (index === 0 ? [h265.key] : [h265.slice, '0201 50']),
    },
    {
      name: 'VP9',
      encoding: 'VP9',
      first: 'c8 01',
      frame: (index) => (index === 0 ? ['88 01'] : ['c8 01', 'c4 01']),
    },
    {
      name: 'parameter sets, and no key frame',
      encoding: 'H264',
      first: '67 64',
      frame: (index) => (index === 0 ? [h264.key] : ['67 64', '68 ce', h264.slice]),
    },
  ])(
    'at the next picture after some seconds, when no key frame comes: $name',
    async ({ first, ...stream }) => {
      expect(await msWithoutPictures(stream)).toEqual([defaultMaxEntryWaitMs, first])
    },
  )

  it('anywhere after twice that time, when the pictures cannot be told apart', async () => {
    const frame: Frame = (index) => (index === 0 ? [h264.key] : [h264.slice])
    const stream = { name: '', encoding: 'H264', frame, hasMarkers: false }
    expect(await msWithoutPictures(stream)).toEqual([2 * defaultMaxEntryWaitMs, h264.slice])
  })

  it.each([0, 1000, 10_000])('after %i ms, when that is what was asked for', async (ms) => {
    const frame: Frame = (index) => (index === 0 ? [h264.key] : [h264.slice])
    const resumed = await msWithoutPictures({ name: '', encoding: 'H264', frame }, ms)
    expect(resumed?.[0]).toBe(ms)
  })

  it.each(['opus', 'X-foo', 'H263'])(
    'at once, when key frames are not known: %s',
    async (encoding) => {
      const frame: Frame = () => ['41 9a']
      expect(await msWithoutPictures({ name: '', encoding, frame })).toEqual([0, '41 9a'])
    },
  )
})
