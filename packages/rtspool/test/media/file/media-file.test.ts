import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  MkvOutputFormat,
  MpegTsOutputFormat,
  Output,
} from 'mediabunny'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type MediaFile, openMediaFile } from '../../../src/media/file/media-file.js'
import type { AccessUnit, FileTrack } from '../../../src/media/file/tracks/file-track.js'
import { splitLengthPrefixed, timestampOf } from '../../../src/rtp/index.js'
import { depacketizeAac, depacketizeH264 } from '../../rtp/payloader/depacketizers.js'
import { clip, clipAs } from './containers.js'

let directory: string
const opened: MediaFile[] = []

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rtspool-file-'))
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((file) => file.close()))
})
afterAll(() => rm(directory, { recursive: true }))

async function openClip(): Promise<{ file: MediaFile; video: FileTrack; audio: FileTrack }> {
  const file = await openMediaFile(clip)
  opened.push(file)
  const [video, audio] = file.tracks
  if (!video || !audio) throw new Error('expected two tracks')
  return { file, video, audio }
}

async function all(track: FileTrack): Promise<AccessUnit[]> {
  const units: AccessUnit[] = []
  for await (const unit of track.accessUnits()) units.push(unit)
  return units
}

/** Creates an MKV file with one track that the server cannot send. */
async function pcmFile(): Promise<string> {
  const output = new Output({ format: new MkvOutputFormat(), target: new BufferTarget() })
  const source = new EncodedAudioPacketSource('pcm-f32')
  output.addAudioTrack(source)
  await output.start()
  await source.add(new EncodedPacket(new Uint8Array(160), 'key', 0, 0.01), {
    decoderConfig: { codec: 'pcm-f32', numberOfChannels: 1, sampleRate: 8000 },
  })
  await output.finalize()
  const path = join(directory, 'pcm.mkv')
  await writeFile(path, new Uint8Array(output.target.buffer ?? new ArrayBuffer(0)))
  return path
}

/** Writes the clip as MPEG-TS: start codes, ADTS headers, parameter sets in band. */
async function transportStream(): Promise<string> {
  const path = join(directory, 'clip.ts')
  await writeFile(path, await clipAs(new MpegTsOutputFormat()))
  return path
}

describe('openMediaFile', () => {
  test('describes the H.264 and the AAC track of the clip', async () => {
    const { video, audio } = await openClip()
    expect(video.description.section.lines).toMatchObject([
      { type: 'a', value: 'rtpmap:96 H264/90000' },
      {
        type: 'a',
        value: expect.stringMatching(
          /^fmtp:96 packetization-mode=1;profile-level-id=4d401e;sprop-parameter-sets=Z01A.*,a.*/,
        ),
      },
    ])
    expect(audio.description.section.lines).toMatchObject([
      { type: 'a', value: 'rtpmap:97 mpeg4-generic/48000/1' },
      { type: 'a', value: expect.stringMatching(/^fmtp:97 .*mode=AAC-hbr;.*;config=1188$/) },
    ])
    expect([video.endSeconds, audio.endSeconds]).toEqual([10.24, 10.24])
  })

  test('the packets hold the access units of the file, parameter sets before key frames', {
    tags: 'A-PAY-1',
  }, async () => {
    const { video } = await openClip()
    const packetize = video.createPayloader({ ssrc: 1, sequenceNumber: 65_000 })
    const units = await all(video)
    expect(units).toHaveLength(256)
    expect(units.filter(({ isKey }) => isKey)).toHaveLength(11)
    for (const [index, unit] of units.entries()) {
      const packets = packetize(unit, index * 3600)
      const received = depacketizeH264(packets)
      const expected = splitLengthPrefixed(unit.bytes, 4)
      const sets = unit.isKey ? received.splice(0, 2) : []
      expect(sets.map((set) => set.readUInt8(0) & 0x1f)).toEqual(unit.isKey ? [7, 8] : [])
      expect(Buffer.concat(received).equals(Buffer.concat(expected))).toBe(true)
      expect(new Set(packets.map(timestampOf))).toEqual(new Set([index * 3600]))
    }
  })

  test('the packets hold the AAC frames of the file', { tags: 'A-PAY-3' }, async () => {
    const { audio } = await openClip()
    const packetize = audio.createPayloader({ ssrc: 1, sequenceNumber: 0 })
    const units = await all(audio)
    expect(units).toHaveLength(480)
    for (const unit of units) {
      const received = depacketizeAac(packetize(unit, 0))
      expect(received).toHaveLength(1)
      expect(received[0]?.equals(unit.bytes)).toBe(true)
    }
  })

  test('an MPEG-TS file has the description and packets of its MP4', {
    tags: ['A-PAY-1', 'A-PAY-3'],
  }, async () => {
    const clipFile = await openClip()
    const stream = await openMediaFile(await transportStream())
    opened.push(stream)
    const [video, audio] = stream.tracks
    if (!video || !audio) throw new Error('expected two tracks')
    const linesOf = (track: FileTrack) => track.description.section.lines
    expect(linesOf(video)).toEqual(linesOf(clipFile.video))
    expect(linesOf(audio)).toEqual(linesOf(clipFile.audio))
    const isPicture = (unit: Buffer) => [1, 5].includes(unit.readUInt8(0) & 0x1f)
    const picturesOf = async (track: FileTrack) => {
      const packetize = track.createPayloader({ ssrc: 1, sequenceNumber: 0 })
      const units = await all(track)
      return units.flatMap((unit) => depacketizeH264(packetize(unit, 0)).filter(isPicture))
    }
    const pictures = await picturesOf(clipFile.video)
    const received = await picturesOf(video)
    expect(received).toHaveLength(256)
    expect(Buffer.concat(received).equals(Buffer.concat(pictures))).toBe(true)
    const soundOf = async (track: FileTrack) => {
      const packetize = track.createPayloader({ ssrc: 1, sequenceNumber: 0 })
      return (await all(track)).flatMap((unit) => depacketizeAac(packetize(unit, 0)))
    }
    const sound = await soundOf(audio)
    expect(Buffer.concat(sound).equals(Buffer.concat(await soundOf(clipFile.audio)))).toBe(true)
  })

  test('begins to read at the last key frame before a position, or with the first', async () => {
    const { video, audio } = await openClip()
    const firstOf = async (track: FileTrack, fromSeconds: number) => {
      for await (const unit of track.accessUnits(fromSeconds)) return unit.seconds
      return undefined
    }
    expect(await firstOf(video, 5.5)).toBe(5)
    expect(await firstOf(video, 5)).toBe(5)
    expect(await firstOf(video, -1)).toBe(0)
    expect(await firstOf(audio, 5.5)).toBeCloseTo(5.48266, 4)
  })

  test('reads the same again, and both tracks concurrently', async () => {
    const { video, audio } = await openClip()
    const [first, second, sound] = await Promise.all([all(video), all(video), all(audio)])
    const bytesOf = (units: AccessUnit[]) => Buffer.concat(units.map(({ bytes }) => bytes))
    expect(bytesOf(second).equals(bytesOf(first))).toBe(true)
    expect(sound).toHaveLength(480)
  })

  test('after close reads nothing, and may be closed again', async () => {
    const { file, video } = await openClip()
    await file.close()
    await file.close()
    await expect(all(video)).rejects.toThrow()
  })

  test.each([
    {
      name: 'a file that is not there',
      path: async () => join(directory, 'none.mp4'),
      message: /none\.mp4: expected a file that can be read, got ENOENT/,
    },
    {
      name: 'a directory',
      path: async () => directory,
      message: /expected a file, got a directory/,
    },
    {
      name: 'a text',
      path: async () => {
        const path = join(directory, 'text.mp4')
        await writeFile(path, 'not a film '.repeat(1000))
        return path
      },
      message: /expected an MP4, QuickTime, Matroska, .* file .*, got another format/,
    },
    {
      name: 'an empty file',
      path: async () => {
        const path = join(directory, 'empty.mp4')
        await writeFile(path, '')
        return path
      },
      message: /expected an MP4, .* file .*, got one that cannot be read/,
    },
    {
      name: 'a file without a track that can be sent',
      path: pcmFile,
      message: /with a track of H\.264, .* or G\.711, got audio pcm-f32/,
    },
  ])('refuses $name with the expected format', async ({ path, message }) => {
    await expect(openMediaFile(await path())).rejects.toMatchObject({
      name: 'RequestError',
      code: 'ERR_MEDIA_UNAVAILABLE',
      statusCode: 503,
      message: expect.stringMatching(message),
    })
  })

  test('names the missing package', async () => {
    const importMediabunny = () => Promise.reject(new Error('ERR_MODULE_NOT_FOUND'))
    await expect(openMediaFile(clip, { importMediabunny })).rejects.toMatchObject({
      code: 'ERR_MEDIA_UNAVAILABLE',
      message: expect.stringContaining('npm install mediabunny'),
    })
  })
})
