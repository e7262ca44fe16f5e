import { describe, expect, it } from 'vitest'
import { collectGarbage } from '../../support/collect-garbage.js'
import { realTimeScene } from '../../support/scene.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  rtpPacket,
  testSdp,
} from '../../support/test-server.js'
import { until } from '../../support/until.js'

const frame = (channel: number, payload: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from([0x24, channel, payload.length >>> 8, payload.length & 0xff]),
    payload,
  ])

/** Of one picture that never ends: no packet has the marker. */
const packetOf = (sequenceNumber: number): Buffer =>
  rtpPacket({
    sequenceNumber: sequenceNumber & 0xffff,
    payload: Buffer.from(sequenceNumber === 0 ? [0x65, 1] : [0x41]),
  })

async function floodedServer() {
  const { server, url, publisher } = await realTimeScene()
    .publisher(['TCP'], '/live/cam', testSdp.replace('X-foo', 'H264'))
    .start()
  return { server, url, publisher }
}

describe('a publisher that floods', () => {
  it('with tiny packets of one endless picture stalls nobody, however many join', {
    tags: 'B-CRASH',
  }, async () => {
    const { server, url, publisher } = await floodedServer()
    const flood = (from: number, count: number) =>
      publisher.send(
        Buffer.concat(
          Array.from({ length: count }, (_, index) => frame(0, packetOf(from + index))),
        ),
      )
    flood(0, 15_000)
    await expectOk(publisher, 'OPTIONS', '*')
    const viewers = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const ports = await openUdpPorts()
        await play(await connectTo(server), url, [ports])
        return ports
      }),
    )
    flood(15_000, 150_000)
    await expectOk(publisher, 'OPTIONS', '*')
    await expectOk(await connectTo(server), 'OPTIONS', '*')
    for (const ports of viewers) await until(() => ports.rtp.length > 0)
    expect(server.stats().sessions).toBe(11)
  })

  it('with tiny packets between filler makes the server keep the packets, and not the filler', async () => {
    const { publisher } = await floodedServer()
    const filler = frame(200, Buffer.alloc(65_000))
    publisher.send(frame(0, packetOf(0)))
    await expectOk(publisher, 'OPTIONS', '*')
    collectGarbage()
    const before = process.memoryUsage().arrayBuffers
    for (let sequenceNumber = 1; sequenceNumber <= 2_000; sequenceNumber++) {
      publisher.send(Buffer.concat([frame(0, packetOf(sequenceNumber)), filler]))
      // Otherwise what waits to be sent is what is measured.
      if (sequenceNumber % 20 === 0) await expectOk(publisher, 'OPTIONS', '*')
    }
    collectGarbage()
    // All that came is 130 MB, and the packets are 26,000 bytes.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16e6)
  })
})
