import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { UdpPorts, type UdpPortsOptions } from '../../../src/transport/udp/udp-ports.js'
import { fixedPorts } from '../../support/fixed-ports.js'
import { until } from '../../support/until.js'

/** The first port of the range of this file. */
const base = fixedPorts.udpTransport

async function open(options: UdpPortsOptions) {
  const transport = await UdpPorts.open(options)
  onTestFinished(() => transport.close())
  return transport
}

async function occupy(port: number) {
  const socket = createSocket('udp4')
  const listening = once(socket, 'listening')
  socket.bind(port, '127.0.0.1')
  await listening
  onTestFinished(() => {
    socket.close()
  })
}

describe('UdpPorts', () => {
  it('counts RTP and RTCP that the system does not accept', async () => {
    const transport = await open({ ports: [base + 40, base + 60], address: '127.0.0.1' })
    transport.rtpEndpoint('127.0.0.1')?.send(Buffer.alloc(65_530), 9, '127.0.0.1')
    transport.rtcpEndpoint('127.0.0.1')?.send(Buffer.alloc(65_530), 9, '127.0.0.1')
    await until(() => transport.sendErrors >= 2)
    expect(transport.sendErrors).toBe(2)
  })

  it('opens the first free even pair of the range, skipping used ports', {
    tags: 'B-PORT',
  }, async () => {
    await occupy(base + 1)
    const one = await open({ ports: [base - 1, base + 20], address: '127.0.0.1' })
    const two = await open({ ports: [base - 1, base + 20], address: '127.0.0.1' })
    expect([one.rtpPort, one.rtcpPort]).toEqual([base + 2, base + 3])
    expect(two.rtpPort).toBe(base + 4)
  })

  it('fails if no pair is free, and leaves no port open', { tags: 'B-PORT' }, async () => {
    await occupy(base + 103)
    const options: UdpPortsOptions = { ports: [base + 100, base + 103], address: '127.0.0.1' }
    const one = await UdpPorts.open(options)
    expect(one.rtpPort).toBe(base + 100)
    await expect(UdpPorts.open(options)).rejects.toMatchObject({
      code: 'ERR_UDP_PORTS_TAKEN',
      context: { first: base + 100, last: base + 103 },
    })
    await one.close()
    expect((await open(options)).rtpPort).toBe(base + 100)
  })

  it('has the same numbers in both families when it is bound to all addresses', async () => {
    const transport = await open({ ports: [base + 200, base + 299], address: '::' })
    expect(transport.rtpEndpoint('127.0.0.1')?.port).toBe(transport.rtpPort)
    expect(transport.rtcpEndpoint('127.0.0.1')?.port).toBe(transport.rtpPort + 1)
    const six = transport.rtpEndpoint('::1')
    if (six) expect(six.port).toBe(transport.rtpPort)
    expect(six).not.toBe(transport.rtpEndpoint('127.0.0.1'))
  })

  it('has one family when it is bound to one address', async () => {
    const transport = await open({ ports: [base + 300, base + 399], address: '127.0.0.1' })
    expect(transport.rtpEndpoint('::1')).toBeUndefined()
    transport.rtpEndpoint('127.0.0.1')?.peers.set('127.0.0.1', 5000, () => {})
    expect(transport.peerCount).toBe(1)
  })
})
