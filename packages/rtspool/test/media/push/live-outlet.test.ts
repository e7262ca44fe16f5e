import { describe, expect, test } from 'vitest'
import { constructMedia } from '../../../src/media/media-factory.js'
import { h264, rtp } from '../../../src/media/push/index.js'
import { sequenceNumberOf, ssrcOf } from '../../../src/rtp/index.js'
import { createMediaDescription } from '../../../src/sdp/index.js'
import { ChannelTable } from '../../../src/transport/tcp/channel-table.js'
import { parameterSets, pictureUnits, withLengths } from '../../support/nal-stream.js'
import { rtpPacket } from '../../support/test-server.js'
import { nextTurn } from '../../support/until.js'
import { liveMedia } from './live-scene.js'

test('a media that rewrites an RTP packet of the application changes it for no other media', {
  tags: 'R-7',
}, async () => {
  const audio = { kind: 'audio', payloadType: 97, encoding: 'opus', clockRate: 48_000 } as const
  const { clock, live, tracks } = liveMedia({ tracks: [rtp(createMediaDescription(audio))] })
  const written: Buffer[][] = []
  const open = async (path: string) => {
    const media = await constructMedia(live.factory, { path, query: undefined }, { clock })
    const packets: Buffer[] = []
    written.push(packets)
    media.tracks[0]?.addReader({
      kind: 'interleaved',
      carrier: {
        channels: new ChannelTable(),
        isCongested: false,
        grant: () => {},
        writeFrames: (frames) => void packets.push(Buffer.from(frames)),
      },
      channels: [0, 1],
      counters: { packetsOut: 0, bytesOut: 0, packetsDropped: 0 },
    })
    return media
  }
  const medias = [await open('/a'), await open('/b'), await open('/c')]
  const promised = [0, 1].map((index) => medias[index]?.tracks[0]?.promiseSsrc())
  const packet = rtpPacket({ sequenceNumber: 1, payloadType: 97, ssrc: 7 })
  expect(tracks[0].writeRtp(packet)).toBe(true)
  await nextTurn(2)
  const frameHeaderBytes = 4
  const seen = written.map(([frame]) => frame && ssrcOf(frame.subarray(frameHeaderBytes)))
  expect(seen).toEqual([...promised, 7])
  for (const media of medias) media.end()
})

describe('an SSRC that a media has promised its viewers', { tags: 'R-7' }, () => {
  /** A live media with pictures of 40 ms, whose parameters are known before the first. */
  function camera() {
    const [sps = Buffer.alloc(0), pps = Buffer.alloc(0)] = parameterSets('h264', 0x1e)
    const configuration = Buffer.concat([
      Buffer.from([1, sps[1] ?? 0, sps[2] ?? 0, sps[3] ?? 0, 0xff, 0xe1, 0, sps.length]),
      ...[sps, Buffer.from([1, 0, pps.length]), pps],
    ])
    const { clock, live, tracks } = liveMedia({ tracks: [h264({ configuration })] })
    let pictures = 0
    return {
      open: (path: string) => constructMedia(live.factory, { path, query: undefined }, { clock }),
      async write(count: number): Promise<void> {
        for (const end = pictures + count; pictures < end; pictures++) {
          tracks[0].writeAccessUnit(withLengths(pictureUnits('h264', pictures)), {
            pts: pictures / 25,
          })
          clock.advance(40)
        }
        await nextTurn(2)
      },
    }
  }

  test('stays in that media: the next one continues with the key frame', async () => {
    const { open, write } = camera()
    const first = await open('/a')
    const promised = first.tracks[0]?.promiseSsrc()
    await write(3)
    const kept = first.tracks[0]?.recentPackets() ?? []
    expect(new Set(kept.map(ssrcOf))).toEqual(new Set([promised]))
    first.end()
    const next = await open('/a')
    await write(2)
    const packets = next.tracks[0]?.recentPackets() ?? []
    expect(packets.slice(0, kept.length).map(sequenceNumberOf)).toEqual(kept.map(sequenceNumberOf))
    expect(packets).toHaveLength(kept.length + 2)
    const ssrcs = new Set(packets.map(ssrcOf))
    expect(ssrcs.size).toBe(1)
    expect(ssrcs).not.toContain(promised)
    next.end()
  })

  test('does not reach another media', async () => {
    const { open, write } = camera()
    const [first, other] = [await open('/a'), await open('/b')]
    const promised = first.tracks[0]?.promiseSsrc()
    await write(3)
    const packets = other.tracks[0]?.recentPackets() ?? []
    expect(packets.length).toBeGreaterThan(2)
    const own = new Set(packets.map(ssrcOf))
    expect(own.size).toBe(1)
    expect(own).not.toContain(promised)
    for (const media of [first, other]) media.end()
  })
})
