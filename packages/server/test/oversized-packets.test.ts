import { channel } from 'node:diagnostics_channel'
import { pino } from 'pino'
import type { OversizedPacket } from 'rtspool'
import { expect, it } from 'vitest'
import { logOversizedPackets } from '../src/oversized-packets.js'

it('A-RTP-3 warns of packets that are too large for UDP, with the path and the sizes', () => {
  const lines: string[] = []
  const log = pino({ base: null, timestamp: false }, { write: (line) => void lines.push(line) })
  const packet: OversizedPacket = {
    path: '/live/cam',
    track: 1,
    sizeBytes: 10_000,
    maxDatagramBytes: 1472,
  }
  const end = logOversizedPackets(log)
  channel('rtspool:oversized-packet').publish(packet)
  end()
  channel('rtspool:oversized-packet').publish(packet)
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { level: 40, ...packet, msg: 'packets are too large for UDP: viewers need TCP' },
  ])
})
