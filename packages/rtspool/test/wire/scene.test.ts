import { describe, expect, it } from 'vitest'
import { closeOpenThings } from '../support/open-things.js'
import { scene } from '../support/scene.js'
import { openUdpPorts, rtpPacket } from '../support/test-server.js'
import { until } from '../support/until.js'

describe('a scene', () => {
  it('a viewer receives the packets of a camera', async () => {
    const { clock, push, viewer } = await scene({ pool: { timeout: 10 } })
      .camera()
      .viewer()
      .start()
    push(rtpPacket({ sequenceNumber: 1, marker: true }))
    await until(() => viewer.frames.length > 0)
    clock.advance(60_000)
    expect(viewer.socket.closed).toBe(false)
  })

  it('a viewer receives the packets of a publisher', async () => {
    const ports = await openUdpPorts()
    const { publisher, server } = await scene().publisher(['TCP']).viewer([ports]).start()
    publisher.sendFrame(0, rtpPacket({ sequenceNumber: 1, marker: true }))
    await until(() => ports.rtp.length === 1)
    expect(server.pool.size).toBe(2)
  })

  it('has clients that have set up, and clients that have sent nothing', async () => {
    const ready = await scene().camera('/a').ready().start()
    expect(ready.server.pool.get(ready.session)?.state).toBe('Ready')
    const { server, url } = await scene().camera('/b').client().start()
    await until(() => server.stats().connections === 1)
    expect(server.pool.size).toBe(0)
    expect(url).toMatch(/\/b$/)
  })

  it('leaves no timer of its clock', async () => {
    const { clock } = await scene().camera().viewer().start()
    const timer = clock.schedule(() => {}, 1)
    await expect(closeOpenThings()).rejects.toThrow('timers left')
    timer.cancel()
  })
})
