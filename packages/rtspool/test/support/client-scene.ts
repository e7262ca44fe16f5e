import { expect } from 'vitest'
import { connect, type RtspClient, type RtspClientOptions } from '../../src/client/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { closeAfterTest } from './open-things.js'
import { rtpPacket } from './test-server.js'
import type { TestSource } from './test-source.js'
import { until } from './until.js'

/** Connects a client with a clock of its own. After the test it is closed, and no timer of it may be left. */
export async function connectedClient(url: string, options: RtspClientOptions = {}) {
  const clock = new ManualClock()
  const client = await connect(url, { clock, ...options })
  closeAfterTest({
    close: () => client.close(),
    checkClosed: () => expect(clock.pendingTimers, 'timers left').toBe(0),
  })
  return { client, clock }
}

/** Sends three packets of a camera to a client, and expects each byte of them. @returns The packets as received */
export async function expectPackets(
  client: RtspClient,
  camera: { readonly sources: readonly TestSource[]; push(packet: Buffer): void },
) {
  const packets = client.packets()
  const first = packets.next()
  await until(() => camera.sources[0]?.output !== undefined && client.state === 'playing')
  const sent = [1, 2, 3].map((sequenceNumber) =>
    rtpPacket({ sequenceNumber, marker: true, payload: Buffer.alloc(3000, sequenceNumber) }),
  )
  for (const packet of sent) camera.push(packet)
  const received = [await first, await packets.next(), await packets.next()]
  expect(received.map(({ value }) => value?.packet)).toEqual(sent)
  return received.map(({ value }) => value)
}
