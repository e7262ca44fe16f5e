import {
  createMediaDescription,
  createSessionDescription,
  MediaFactory,
  type MediaSource,
} from 'rtspool'
import { afterAll, expect, test } from 'vitest'
import { fixedPorts } from './support/fixed-ports.js'
import { MulticastTtlPeer } from './support/multicast-ttl-peer.js'
import { playWithGstreamer } from './support/players.js'
import { endPrograms } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import { startServer } from './support/server.js'

const packetSamples = 160
const packetBytes = 12 + packetSamples
const packetMs = 20

/** Silence in G.711, in real time. */
class Silence implements MediaSource {
  readonly description = {
    ...createSessionDescription({ originId: 1, address: '0.0.0.0', name: 'silence' }),
    media: [
      createMediaDescription({
        ...{ kind: 'audio', payloadType: 0, encoding: 'PCMU', clockRate: 8000 },
      }),
    ],
  }
  #timer: NodeJS.Timeout | undefined

  start({ tracks }: Parameters<MediaSource['start']>[0]): void {
    let number = 0
    this.#timer = setInterval(() => {
      const packet = Buffer.alloc(packetBytes, 0xff)
      packet.writeUInt16BE(0x8000, 0)
      packet.writeUInt16BE(number & 0xffff, 2)
      packet.writeUInt32BE(number * packetSamples, 4)
      packet.writeUInt32BE(1, 8)
      number++
      tracks[0]?.push(packet)
    }, packetMs)
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

afterAll(endPrograms)

test.for(['native', 'plain'] as const)(
  'streams that share a port leave with the ttl of each (%s sockets)',
  { tags: 'A-SET-17' },
  async (sockets, context) => {
    requirePrograms(context, 'python3', ...gstreamerPlayer)
    const ttls = { '239.255.18.1': 3, '239.255.18.2': 9, '239.255.18.3': 0 }
    const { server, url, close } = await startServer({ nativeSockets: sockets === 'native' })
    const ports = fixedPorts.multicastTtl
    for (const [groups, ttl] of Object.entries(ttls)) {
      const multicast = { groups, ports, ttl, interface: '127.0.0.1' }
      server.mounts.add(`/${ttl}`, new MediaFactory(() => new Silence(), { multicast }))
    }
    const member = await MulticastTtlPeer.join('127.0.0.1', ports[0], Object.keys(ttls))
    const playing = Object.values(ttls).map((ttl) =>
      playWithGstreamer({
        ...{ url: `${url}/${ttl}`, transport: 'multicast', multicastInterface: 'lo', seconds: 1 },
        codecs: { video: null, audio: 'pcmu' },
      }),
    )
    await Promise.all(playing)
    await member.close()
    for (const [group, ttl] of Object.entries(ttls)) {
      // Players send something to the group as well.
      const received = member.datagrams.filter(
        (each) => each.group === group && each.sizeBytes === packetBytes,
      )
      expect(received.length).toBeGreaterThanOrEqual(25)
      expect(new Set(received.map((each) => each.ttl))).toEqual(new Set([ttl]))
    }
    await close()
  },
)
