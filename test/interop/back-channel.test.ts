import { fileURLToPath } from 'node:url'
import {
  createMediaDescription,
  createSessionDescription,
  MediaFactory,
  type MediaOutput,
} from 'rtspool'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { endPrograms, Program } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { type RunningLibrary, startServer } from './support/server.js'

const peer = fileURLToPath(new URL('support/back-channel-peer.py', import.meta.url))
const pcmu = { kind: 'audio', payloadType: 0, encoding: 'PCMU', clockRate: 8000 } as const
const packetCount = 100
const headerBytes = 12
/** 20 ms. */
const packetSamples = 160
/** A quarter of full scale, and the widest step of mu-law there. */
const loudness = 2 ** 13
const muLawStep = 2 ** 9

/** The linear value of a sample of mu-law (ITU-T G.711 table 2a), in 16 bits. */
function linear(muLaw: number): number {
  const exponent = (~muLaw >> 4) & 0x07
  const magnitude = ((2 * (~muLaw & 0x0f) + 33) << (exponent + 2)) - 132
  return muLaw & 0x80 ? magnitude : -magnitude
}

/** What is said comes back to all who listen, and is kept. */
class Mirror {
  readonly packets: Buffer[] = []
  closed = 0
  #output: MediaOutput | undefined
  readonly factory = new MediaFactory(
    () => ({
      description: {
        ...createSessionDescription({ originId: 1, address: '0.0.0.0', name: 'echo' }),
        media: [createMediaDescription(pcmu)],
      },
      start: (output) => {
        this.#output = output
      },
      close: () => {},
    }),
    {
      backChannel: {
        description: createMediaDescription(pcmu),
        open: () => ({
          packet: (rtp) => {
            this.packets.push(rtp)
            this.#output?.tracks[0]?.push(rtp)
          },
          close: () => this.closed++,
        }),
      },
    },
  )
}

let running: RunningLibrary
let mirror: Mirror
beforeEach(async () => {
  running = await startServer()
  mirror = new Mirror()
  running.server.mounts.add('/echo', mirror.factory)
})
afterEach(() => running.close())
afterAll(endPrograms)

test.for(['tcp', 'udp'])(
  'GStreamer speaks over the back channel and hears itself, over %s',
  { tags: 'A-ONV-5' },
  async (protocols, context) => {
    requirePrograms(context, 'gst rtspsrc', 'GStreamer for Python')
    const program = new Program('/usr/bin/python3', [peer, `${running.url}/echo`, protocols])
    expect([await program.ended(30_000), program.stderr]).toEqual([0, ''])
    const [, said, heard] = /said (\d+) heard (\d+)/.exec(program.stdout) ?? []
    expect([Number(said), mirror.closed]).toEqual([packetCount, 1])
    expect(Number(heard)).toBeGreaterThanOrEqual(packetCount / 2)

    expect(mirror.packets.length).toBe(packetCount)
    const first = mirror.packets[0]?.readUInt16BE(2) ?? 0
    for (const [index, packet] of mirror.packets.entries()) {
      expect(packet.readUInt16BE(2)).toBe((first + index) & 0xffff)
      expect(packet.length).toBe(headerBytes + packetSamples)
      const samples = [...packet.subarray(headerBytes)].map(linear)
      for (const extreme of [Math.max(...samples), -Math.min(...samples)]) {
        expect(Math.abs(extreme - loudness)).toBeLessThanOrEqual(muLawStep)
      }
    }
  },
)
