import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nativeSockets } from '../../../src/transport/system/native-sockets.js'
import { UdpEndpoint } from '../../../src/transport/udp/udp-endpoint.js'
import { UdpPortPair, type UdpPortPairOptions } from '../../../src/transport/udp/udp-port-pair.js'
import { openUdpPorts } from '../../support/test-server.js'
import { until } from '../../support/until.js'

/** A pair on the first free even port from 45,000 on. */
async function openPair(options: Partial<UdpPortPairOptions> = {}) {
  for (let port = 45_000; ; port += 2) {
    try {
      const pair = await UdpPortPair.open(port, { family: 4, address: '127.0.0.1', ...options })
      onTestFinished(() => pair.close())
      return pair
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    }
  }
}

describe('UdpPortPair', () => {
  it('is an even port and the next', async () => {
    const { rtp, rtcp } = await openPair()
    expect([rtp.port % 2, rtcp.port]).toEqual([0, rtp.port + 1])
  })

  it('binds both ports or neither', { tags: 'B-FD' }, async () => {
    const { rtp } = await openPair()
    // The odd port below the pair is a port of RTP here, its neighbour is taken.
    const options = { family: 4, address: '127.0.0.1' } as const
    await expect(UdpPortPair.open(rtp.port - 1, options)).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
    const socket = createSocket('udp4')
    const listening = once(socket, 'listening')
    socket.bind(rtp.port - 1, '127.0.0.1')
    await listening
    socket.close()
  })

  it('receives only from the peers that were set, by address and port', {
    tags: 'B-RTP',
  }, async () => {
    const { rtp } = await openPair()
    const [known, unknown] = [await openUdpPorts(), await openUdpPorts()]
    const heard: string[] = []
    const done = new Promise<void>((resolve) => {
      rtp.peers.set('127.0.0.1', known.port, (packet) => {
        heard.push(packet.toString())
        if (packet.toString() === 'last') resolve()
      })
    })
    for (let n = 0; n < 10; n++) unknown.rtpSocket.send('spoofed', rtp.port, '127.0.0.1')
    await new Promise<void>((resolve) =>
      unknown.rtpSocket.send('spoofed', rtp.port, '127.0.0.1', () => resolve()),
    )
    known.rtpSocket.send('first', rtp.port, '127.0.0.1')
    known.rtpSocket.send('last', rtp.port, '127.0.0.1')
    await done
    expect(heard).toEqual(['first', 'last'])
    expect(rtp.unknownPeerDatagrams).toBe(11)
  })

  it.runIf(nativeSockets())('sets the hop limit of IPv6 multicast by its own call', async () => {
    const limits: number[] = []
    const system = nativeSockets()
    const native = system && {
      ...system,
      setMulticastHops: (descriptor: number, hops: number) => {
        limits.push(hops)
        return hops < 10 && system.setMulticastHops(descriptor, hops)
      },
    }
    const { rtp } = await openPair({ family: 6, address: '::1', native })
    const route = (ttl: number) => ({ ttl, interfaceAddress: undefined })
    const [near, far, refused] = [route(0), route(9), route(10)]
    expect([near, near, far, refused].map((each) => rtp.routeMulticast(each))).toEqual([
      ...[true, true, true, false],
    ])
    expect(limits).toEqual([0, 9, 10])
    expect(rtp.sendErrors).toBe(1)
  })

  it('a later owner of a peer keeps it when an earlier one gives it back', async () => {
    const { rtp } = await openPair()
    const [older, newer] = [() => {}, () => {}]
    rtp.peers.set('127.0.0.1', 5000, older)
    rtp.peers.set('127.0.0.1', 5000, newer)
    rtp.peers.set('127.0.0.2', 5000, older)
    rtp.peers.delete('127.0.0.1', 5000, older)
    expect([rtp.peers.get('127.0.0.1', 5000), rtp.peers.size]).toEqual([newer, 2])
    rtp.peers.delete('127.0.0.1', 5000, newer)
    rtp.peers.delete('127.0.0.1', 5000, newer)
    rtp.peers.delete('127.0.0.2', 5000, older)
    expect(rtp.peers.size).toBe(0)
  })

  it('notifies a replaced receiver once', async () => {
    const { rtp } = await openPair()
    const told: string[] = []
    const claim = (name: string) => ({ onReplaced: () => void told.push(name) })
    const last = (): void => {}
    rtp.peers.set('127.0.0.1', 5000, () => {}, claim('first'))
    rtp.peers.set('127.0.0.1', 5000, () => {}, { ...claim('second'), holder: rtp })
    rtp.peers.set('127.0.0.1', 5000, () => {}, claim('refused'))
    expect(told).toEqual(['first'])
    rtp.peers.set('127.0.0.1', 5000, last, { ...claim('third'), holder: rtp })
    rtp.peers.delete('127.0.0.1', 5000, last)
    rtp.peers.set('127.0.0.1', 5000, () => {})
    expect(told).toEqual(['first', 'second'])
  })

  it('a peer that is held is given to its holder only', async () => {
    const { rtp } = await openPair()
    const [holder, receiver, other] = [{}, () => {}, () => {}]
    rtp.peers.set('127.0.0.1', 5000, receiver, { holder })
    expect([rtp.peers.isFree('127.0.0.1', 5000), rtp.peers.isFree('127.0.0.1', 5000, {})]).toEqual([
      false,
      false,
    ])
    rtp.peers.set('127.0.0.1', 5000, other)
    rtp.peers.set('127.0.0.1', 5000, other, { holder: {} })
    expect(rtp.peers.get('127.0.0.1', 5000)).toBe(receiver)
    rtp.peers.set('127.0.0.1', 5000, other, { holder })
    expect(rtp.peers.get('127.0.0.1', 5000)).toBe(other)
    rtp.peers.delete('127.0.0.1', 5000, other)
    expect(rtp.peers.isFree('127.0.0.1', 5000)).toBe(true)
  })

  it('drops datagrams that Node would queue without limit', { tags: 'B-BACK' }, async () => {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    let [queuedBytes, sent] = [4 * 1024 * 1024, 0]
    socket.getSendQueueSize = () => queuedBytes
    socket.send = () => void sent++
    const endpoint = new UdpEndpoint(socket, undefined)
    const group = endpoint.createGroup()
    for (const port of [1, 2, 3]) group.add({ address: '127.0.0.1', port })
    const packets = [Buffer.alloc(10), Buffer.alloc(10)]
    group.send(packets)
    expect([sent, endpoint.sendErrors]).toEqual([6, 0])
    queuedBytes++
    group.send(packets)
    expect([sent, endpoint.sendErrors]).toEqual([6, 6])
    await endpoint.close()
    group.send(packets)
    expect([sent, endpoint.sendErrors]).toEqual([6, 6])
  })

  it('counts datagrams that the kernel refuses to send', { tags: 'A-RTP-3' }, async () => {
    const { rtp } = await openPair()
    const ports = await openUdpPorts()
    rtp.send(Buffer.alloc(65_530), ports.port, '127.0.0.1')
    rtp.send(Buffer.from('fits'), ports.port, '127.0.0.1')
    await until(() => ports.rtp.length === 1)
    expect(rtp.sendErrors).toBe(1)
  })
})
