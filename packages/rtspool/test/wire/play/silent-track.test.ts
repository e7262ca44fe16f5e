import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, it, onTestFinished } from 'vitest'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { connectTo, openUdpPorts, publish, startServer, urlOf } from '../../support/test-server.js'

it.each([
  ['TCP', '127.0.0.1'],
  ['TCP', '127.0.0.2'],
  ['UDP', '127.0.0.1'],
] as const)(
  'reports a publisher over %s that sends nothing, with its address %s',
  { tags: 'P-6' },
  async (lowerTransport, address) => {
    const told: unknown[] = []
    const listener = (message: unknown): void => void told.push(message)
    subscribe('rtspool:silent-track', listener)
    onTestFinished(() => void unsubscribe('rtspool:silent-track', listener))
    const clock = new ManualClock()
    const server = await startServer({ clock })
    const client = await connectTo(server, address)
    const carrier = lowerTransport === 'UDP' ? await openUdpPorts(address) : 'TCP'
    await publish(client, urlOf(server, '/live/cam'), [carrier])
    clock.advance(9_999)
    expect(told).toEqual([])
    clock.advance(1)
    expect(told).toEqual([{ path: '/live/cam', track: 0, address, lowerTransport, seconds: 10 }])
  },
)
