import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, expect, it } from 'vitest'
import { DeliveryTroubles } from '../../../src/media/fan-out/delivery-troubles.js'

const channels = ['oversized', 'fragmented', 'unsent'].map((kind) => `rtspool:${kind}-packet`)
let told: unknown[] = []
const listen = (message: unknown, channel: unknown): void => void told.push([channel, message])
for (const channel of channels) subscribe(channel, listen)
afterEach(() => {
  told = []
})

it('publishes the first packet of a track with each kind of failure, once', {
  tags: 'R-1',
}, async () => {
  const place = { path: '/cam', track: 1 }
  const troubles = new DeliveryTroubles('/cam', 1)
  for (const address of ['10.0.0.1', '10.0.0.2']) {
    const destination = { address, port: 5000 }
    troubles.fragmented(destination, 1472)
    troubles.unsent(destination, 'ENETUNREACH')
    troubles.oversized(10_000, 1472)
  }
  expect(told).toEqual([])
  await null
  expect(told).toEqual([
    ['rtspool:fragmented-packet', { ...place, address: '10.0.0.1', sizeBytes: 1472 }],
    ['rtspool:unsent-packet', { ...place, address: '10.0.0.1', code: 'ENETUNREACH' }],
    ['rtspool:oversized-packet', { ...place, sizeBytes: 10_000, maxDatagramBytes: 1472 }],
  ])
  new DeliveryTroubles('/other', 0).unsent({ address: '10.0.0.1', port: 5000 }, 'EPERM')
  await null
  expect(told).toHaveLength(4)
  for (const channel of channels) unsubscribe(channel, listen)
})
