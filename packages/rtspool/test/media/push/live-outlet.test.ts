import { expect, test } from 'vitest'
import { constructMedia } from '../../../src/media/media-factory.js'
import { rtp } from '../../../src/media/push/index.js'
import { ssrcOf } from '../../../src/rtp/index.js'
import { createMediaDescription } from '../../../src/sdp/index.js'
import { ChannelTable } from '../../../src/transport/tcp/channel-table.js'
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
