import { describe, expect, it } from 'vitest'
import { advancing, nextTurn, until } from '../../../rtspool/test/support/until.js'
import { jpegOfPayloads } from '../../src/codec/jpeg-payloads.js'
import { JpegError } from '../../src/snapshots/jpeg.js'
import { fileWith, packetsOf, payloadsOf } from '../codec/jpeg-file.js'
import { parameterSets } from '../codec/parameter-sets.js'
import { boxAt, boxesOf } from '../fmp4/boxes.js'
import { keyEvery, PictureSource } from '../live/support/picture-source.js'
import { cameraPath, SnapshotScene } from './support/snapshot-scene.js'

const { signal } = new AbortController()
const mp4 = { format: 'mp4', signal } as const
const jpeg = { format: 'jpeg', signal } as const
const best = { signal }

describe('a snapshot as MP4', () => {
  it('holds the last key frame alone', async () => {
    const scene = new SnapshotScene()
    const media = await scene.play()
    scene.source.push(keyEvery + 2)
    const { contentType, bytes, unixTimeMs } = await scene.snapshots.ofMedia(media, mp4)
    expect(contentType).toBe('video/mp4')
    expect(unixTimeMs).toBeDefined()
    const top = boxesOf(bytes).filter(({ path }) => !path.includes('/'))
    expect(top.map(({ path }) => path)).toEqual(['ftyp', 'moov', 'moof', 'mdat'])
    expect(boxAt(bytes, 'mdat').toString('hex', 0, 6)).toBe('000000646588')
    expect(boxAt(bytes, 'moof/traf/trun').readUInt32BE(4)).toBe(1)
    // The sample entry has the size of the picture.
    expect(boxAt(bytes, 'moov/trak/mdia/minf/stbl/stsd').readUInt32BE(40)).toBe(320 * 65536 + 240)
    expect(scene.conversions).toEqual([])
  })

  it('is what a caller without wishes gets where there is no program', async () => {
    const scene = new SnapshotScene()
    scene.options = { ...scene.options, ffmpeg: false }
    const media = await scene.play()
    scene.source.push(1)
    expect((await scene.snapshots.ofMedia(media, best)).contentType).toBe('video/mp4')
    await expect(scene.snapshots.ofMedia(media, jpeg)).rejects.toMatchObject({
      ...{ reason: 'noJpeg', message: 'snapshots.ffmpeg is false: format=mp4 needs no program' },
    })
  })
})

describe('a snapshot of MJPEG', () => {
  async function playMjpeg() {
    const scene = new SnapshotScene()
    scene.source = new PictureSource({ video: 'JPEG' })
    const media = await scene.play()
    const push = (file: Buffer) => {
      for (const packet of packetsOf(file)) scene.source.output?.tracks[0]?.push(packet)
    }
    return { scene, media, push }
  }

  it('is the last picture as the camera has sent it, and no program runs', async () => {
    const { scene, media, push } = await playMjpeg()
    scene.options = { ...scene.options, ffmpeg: false }
    push(fileWith())
    for (const wish of [best, jpeg, { ...jpeg, width: 16 }]) {
      const { contentType, bytes } = await scene.snapshots.ofMedia(media, wish)
      expect(contentType).toBe('image/jpeg')
      expect(bytes.equals(jpegOfPayloads(payloadsOf(fileWith()))?.bytes ?? bytes.subarray(1))).toBe(
        true,
      )
    }
    expect(scene.conversions).toEqual([])
    expect(scene.snapshots.stats).toMatchObject({ made: { jpeg: 3, mp4: 0 }, cacheHits: 0 })
  })

  it('is not MP4', async () => {
    const { scene, media, push } = await playMjpeg()
    push(fileWith())
    await expect(scene.snapshots.ofMedia(media, mp4)).rejects.toMatchObject({
      ...{ reason: 'noPicture', message: 'the pictures are JPEG, and MP4 cannot hold them' },
    })
    expect(scene.snapshots.stats.failed).toMatchObject({ noPicture: 1, idle: 0 })
  })
})

describe('the counts of snapshots', () => {
  it('tell formats, kept JPEG, and failures by cause', async () => {
    const scene = new SnapshotScene()
    const media = await scene.play()
    scene.source.push(1)
    const first = scene.snapshots.ofMedia(media, jpeg)
    ;(await scene.conversion(1)).done('one')
    await first
    await scene.snapshots.ofPath(cameraPath, false, jpeg)
    scene.clock.advance(60_000)
    await scene.snapshots.ofPath(cameraPath, false, jpeg)
    await scene.snapshots.ofMedia(media, mp4)
    await expect(scene.snapshots.ofPath('/none', false, mp4)).rejects.toThrow('nothing is mounted')
    scene.options = { ...scene.options, ffmpeg: false }
    scene.clock.advance(60_000)
    scene.source.push(keyEvery)
    await expect(scene.snapshots.ofMedia(media, jpeg)).rejects.toMatchObject({ reason: 'noJpeg' })
    expect(scene.snapshots.stats).toEqual({
      made: { jpeg: 3, mp4: 1 },
      cacheHits: 2,
      failed: { idle: 0, noKeyFrame: 0, noPicture: 0, noJpeg: 1, busy: 0 },
    })
    expect(scene.snapshots.cachedBytes).toBe(3)
  })
})

describe('a snapshot as JPEG', () => {
  it('is converted once, and sent again while it is young', async () => {
    const scene = new SnapshotScene()
    const media = await scene.play()
    scene.source.push(1)
    const first = scene.snapshots.ofMedia(media, best)
    const conversion = await scene.conversion(1)
    expect(conversion).toMatchObject({ ffmpeg: 'ffmpeg', width: undefined, timeoutMs: 10_000 })
    expect(boxAt(conversion.mp4, 'mdat').toString('hex', 0, 6)).toBe('000000646588')
    conversion.done('one')
    expect(await first).toMatchObject({ contentType: 'image/jpeg', bytes: Buffer.from('one') })
    scene.source.push(keyEvery)
    scene.clock.advance(1_900)
    expect(String((await scene.snapshots.ofMedia(media, jpeg)).bytes)).toBe('one')
    scene.clock.advance(100)
    const second = scene.snapshots.ofMedia(media, jpeg)
    ;(await scene.conversion(2)).done('two')
    expect(String((await second).bytes)).toBe('two')
  })

  it('is not converted again while its key frame is the last one', async () => {
    const scene = new SnapshotScene()
    const media = await scene.play()
    scene.source.push(1)
    const first = scene.snapshots.ofMedia(media, jpeg)
    ;(await scene.conversion(1)).done('one')
    await first
    scene.source.push(2)
    scene.clock.advance(60_000)
    expect(String((await scene.snapshots.ofMedia(media, jpeg)).bytes)).toBe('one')
  })

  it('is one conversion for all who ask meanwhile, and one for each width', async () => {
    const scene = new SnapshotScene()
    const media = await scene.play()
    scene.source.push(1)
    const both = [scene.snapshots.ofMedia(media, jpeg), scene.snapshots.ofMedia(media, jpeg)]
    const small = scene.snapshots.ofMedia(media, { ...jpeg, width: 160 })
    ;(await scene.conversion(1)).done('full')
    expect((await Promise.all(both)).map(({ bytes }) => String(bytes))).toEqual(['full', 'full'])
    const conversion = await scene.conversion(2)
    expect(conversion.width).toBe(160)
    conversion.done('small')
    expect(String((await small).bytes)).toBe('small')
  })

  it('of a program that fails is an MP4, or the reason', async () => {
    const scene = new SnapshotScene()
    const media = await scene.play()
    scene.source.push(1)
    const any = scene.snapshots.ofMedia(media, best)
    ;(await scene.conversion(1)).fail(new JpegError('ffmpeg made no JPEG: broken', false))
    expect((await any).contentType).toBe('video/mp4')
    const only = scene.snapshots.ofMedia(media, jpeg)
    ;(await scene.conversion(2)).fail(new JpegError('ffmpeg made no JPEG: broken', false))
    await expect(only).rejects.toMatchObject({ reason: 'noJpeg' })
    expect(JSON.parse(scene.logged[0] ?? '')).toMatchObject({
      ...{ msg: 'no JPEG of a snapshot', path: cameraPath, reason: 'ffmpeg made no JPEG: broken' },
    })
  })

  it('looks for a missing program again after half a minute', async () => {
    const scene = new SnapshotScene()
    const media = await scene.play()
    scene.source.push(1)
    const any = scene.snapshots.ofMedia(media, best)
    ;(await scene.conversion(1)).fail(new JpegError('spawn ffmpeg ENOENT', true))
    expect((await any).contentType).toBe('video/mp4')
    scene.clock.advance(29_000)
    expect((await scene.snapshots.ofMedia(media, best)).contentType).toBe('video/mp4')
    await expect(scene.snapshots.ofMedia(media, jpeg)).rejects.toMatchObject({ reason: 'noJpeg' })
    scene.clock.advance(1_000)
    const later = scene.snapshots.ofMedia(media, best)
    ;(await scene.conversion(2)).done('one')
    expect((await later).contentType).toBe('image/jpeg')
  })

  it('ends with the server', async () => {
    const scene = new SnapshotScene()
    const media = await scene.play()
    scene.source.push(1)
    const waiting = [jpeg, { ...jpeg, width: 160 }].map((wish) =>
      expect(scene.snapshots.ofMedia(media, wish)).rejects.toMatchObject({ reason: 'busy' }),
    )
    await scene.conversion(1)
    await scene.snapshots.close()
    await Promise.all(waiting)
    expect(scene.conversions).toHaveLength(1)
  })
})

describe('a snapshot of a media without a picture now', () => {
  it('waits for the first key frame, up to three seconds', async () => {
    const scene = new SnapshotScene()
    const media = await scene.play()
    const waiting = scene.snapshots.ofMedia(media, mp4)
    await until(() => scene.clock.pendingTimers > 0)
    scene.source.push(1)
    scene.clock.advance(100)
    expect((await waiting).contentType).toBe('video/mp4')
  })

  it('is refused after that', async () => {
    const scene = new SnapshotScene()
    const media = await scene.play()
    let reason: unknown
    scene.snapshots.ofMedia(media, mp4).catch((error: unknown) => {
      reason = error
    })
    await until(() => reason !== undefined, advancing(scene.clock, 100))
    expect(reason).toMatchObject({ reason: 'noKeyFrame' })
    expect(scene.clock.now()).toBeGreaterThanOrEqual(13_000)
  })

  it('stops waiting for a caller who leaves', async () => {
    const scene = new SnapshotScene()
    const media = await scene.play()
    const leaving = new AbortController()
    const waiting = scene.snapshots.ofMedia(media, { format: 'mp4', signal: leaving.signal })
    await nextTurn()
    leaving.abort(new Error('left'))
    await expect(waiting).rejects.toThrow('left')
  })

  it('is refused for an encoding that is no picture', async () => {
    const scene = new SnapshotScene()
    scene.source = new PictureSource({ video: 'VP8', hasSound: true })
    const media = await scene.play()
    await expect(scene.snapshots.ofMedia(media, mp4)).rejects.toMatchObject({
      ...{
        reason: 'noPicture',
        message: '/cam has VP8, opus: a snapshot needs H264, H265 or JPEG',
      },
    })
  })

  it('is refused without usable parameter sets, and for a picture of impossible size', async () => {
    const scene = new SnapshotScene()
    scene.source.sets = []
    const media = await scene.play()
    scene.source.push(1)
    await expect(scene.snapshots.ofMedia(media, mp4)).rejects.toMatchObject({ reason: 'noPicture' })
    scene.source.sets = [hugeSps(), ...parameterSets.baseline.slice(1)]
    scene.source.push(keyEvery)
    await expect(scene.snapshots.ofMedia(media, mp4)).rejects.toMatchObject({
      ...{ reason: 'noPicture', message: 'a picture of 16384x8192 is larger than H.265 allows' },
    })
  })
})

describe('a snapshot of a path', () => {
  it('never starts a source by itself', async () => {
    const scene = new SnapshotScene()
    await expect(scene.snapshots.ofPath(cameraPath, false, mp4)).rejects.toMatchObject({
      ...{ reason: 'idle', message: 'nothing plays at /cam now; start=true starts its source' },
    })
    expect([scene.server.media.size, scene.source.output]).toEqual([0, undefined])
  })

  it('starts an idle source if it is asked to, and is no viewer afterwards', async () => {
    const scene = new SnapshotScene()
    const waiting = scene.snapshots.ofPath(cameraPath, true, mp4)
    await until(() => [...scene.server.media][0]?.tracks[0]?.readerCount === 1)
    scene.source.push(2)
    expect((await waiting).contentType).toBe('video/mp4')
    expect([...scene.server.media][0]?.participantCount).toBe(0)
  })

  it('has the width that was asked for, also if others start the same source', async () => {
    const scene = new SnapshotScene()
    const wishes = [320, 1920].map((width) =>
      scene.snapshots.ofPath(cameraPath, true, { ...jpeg, width }),
    )
    await until(() => [...scene.server.media][0]?.tracks[0]?.readerCount === 2)
    scene.source.push(2)
    for (const number of [1, 2]) {
      const conversion = await scene.conversion(number)
      conversion.done(`${conversion.width}`)
    }
    const pictures = await Promise.all(wishes)
    expect(pictures.map(({ bytes }) => String(bytes))).toEqual(['320', '1920'])
  })

  it('uses the key frame of a media that plays, even if it may start one', async () => {
    const scene = new SnapshotScene()
    const media = await scene.play()
    scene.source.push(1)
    expect((await scene.snapshots.ofPath(cameraPath, true, mp4)).contentType).toBe('video/mp4')
    expect([scene.server.media.size, media.participantCount]).toEqual([1, 1])
  })

  it('gives a started source up after its time', async () => {
    const scene = new SnapshotScene()
    const waiting = scene.snapshots.ofPath(cameraPath, true, mp4)
    await until(() => scene.source.output !== undefined)
    scene.clock.advance(15_000)
    await expect(waiting).rejects.toMatchObject({
      ...{ reason: 'noKeyFrame', message: '/cam has sent no key frame within 15 s' },
    })
    expect([...scene.server.media][0]?.participantCount).toBe(0)
  })

  it('tells that a source has failed, and that nothing is mounted', async () => {
    const scene = new SnapshotScene()
    scene.source.failure = new Error('no camera')
    await expect(scene.snapshots.ofPath(cameraPath, true, mp4)).rejects.toMatchObject({
      ...{ reason: 'noKeyFrame', message: 'the source of /cam failed' },
    })
    await expect(scene.snapshots.ofPath('/none', true, mp4)).rejects.toMatchObject({
      ...{ code: 'ERR_NOT_FOUND' },
    })
  })

  it('starts four sources at a time', async () => {
    const scene = new SnapshotScene()
    const four = Array.from({ length: 4 }, () => {
      const failed = expect(scene.snapshots.ofPath(cameraPath, true, mp4)).rejects
      return failed.toMatchObject({ reason: 'noKeyFrame' })
    })
    await expect(scene.snapshots.ofPath(cameraPath, true, mp4)).rejects.toMatchObject({
      ...{ reason: 'busy' },
    })
    await until(() => [...scene.server.media][0]?.participantCount === 4)
    scene.clock.advance(15_000)
    await Promise.all(four)
  })
})

/** A sequence parameter set of Baseline that describes 16384x8192 pixels. */
function hugeSps(): Buffer {
  const ue = (value: number): string => {
    const bits = (value + 1).toString(2)
    return '0'.repeat(bits.length - 1) + bits
  }
  const bits = [
    // Number, log2_max_frame_num, picture order 2, reference frames, no gaps.
    ...[ue(0), ue(0), ue(2), ue(1), '0'],
    // Width and height in macroblocks, frames only, direct inference, no cropping, no VUI, stop.
    ...[ue(1023), ue(511), '1', '1', '0', '0', '1'],
  ].join('')
  const bytes = bits.match(/.{1,8}/g)?.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2)) ?? []
  return Buffer.from([0x67, 66, 0xc0, 62, ...bytes])
}
