import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nativeSockets } from '../../../src/transport/system/native-sockets.js'
import { UdpPortPair } from '../../../src/transport/udp/udp-port-pair.js'
import { openUdpPorts } from '../../support/test-server.js'
import { until } from '../../support/until.js'

const native = nativeSockets()

async function openEndpoint(family: 4 | 6, address?: string) {
  for (let port = 44_000; ; port += 2) {
    try {
      const pair = await UdpPortPair.open(port, { family, address, native })
      onTestFinished(() => pair.close())
      return pair.rtp
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}

// Without koffi, or elsewhere than on Linux, nobody tells us what was refused.
describe.skipIf(!native)('RefusalSocket', () => {
  it.each<[4 | 6, string, string | undefined]>([
    [4, '127.0.0.1', undefined],
    [4, '127.0.0.1', '127.0.0.1'],
    [6, '::1', undefined],
  ])(
    'IPv%s: tells what %s refused of what was sent from %s',
    { tags: 'A-RTC-10' },
    async (family, host, bound) => {
      const endpoint = await openEndpoint(family, bound)
      const closed = await openUdpPorts(host)
      const open = await openUdpPorts(host)
      const destination = { address: host, port: closed.port }
      const quoted: string[] = []
      const socket = endpoint.listenForRefusals(destination, (bytes) => quoted.push(String(bytes)))
      endpoint.send(Buffer.from('taken'), closed.port, host)
      await until(() => closed.rtp.length === 1)
      await closed.close()
      const group = endpoint.createGroup()
      for (const to of [destination, { address: host, port: open.port }]) group.add(to)
      group.send(['one', 'two', 'six', 'end'].map((text) => Buffer.from(text)))
      await until(() => open.rtp.length === 4)
      socket?.look()
      // What the kernel would have cut into datagrams comes back in one piece on the loopback.
      expect(quoted.join('')).toBe('onetwosixend')
      quoted.length = 0
      socket?.look()
      expect([quoted.length, endpoint.sendErrors]).toEqual([0, 0])
      socket?.close()
      socket?.close()
      socket?.look()
      group.send([Buffer.from('late')])
      await until(() => open.rtp.length === 5)
      expect([quoted.length, endpoint.sendErrors]).toEqual([0, 0])
    },
  )

  it('passes datagrams from its destination to their receiver', async () => {
    const endpoint = await openEndpoint(4)
    const [viewer, publisher] = [await openUdpPorts(), await openUdpPorts()]
    const heard: string[] = []
    endpoint.peers.set('127.0.0.1', viewer.port, (packet) => heard.push(String(packet)))
    const socket = endpoint.listenForRefusals({ address: '127.0.0.1', port: viewer.port }, () => {})
    const arrived = new Promise<void>((resolve) =>
      endpoint.peers.set('127.0.0.1', publisher.port, () => resolve()),
    )
    viewer.rtpSocket.send('from the viewer', endpoint.port, '127.0.0.1')
    await new Promise((resolve) =>
      viewer.rtpSocket.send('and again', endpoint.port, '127.0.0.1', resolve),
    )
    publisher.rtpSocket.send('from somebody else', endpoint.port, '127.0.0.1')
    await arrived
    socket?.close()
    expect(heard).toEqual(['from the viewer', 'and again'])
  })

  it('leaves the port closed to others, and is not made without end', {
    tags: 'B-FD',
  }, async () => {
    const endpoint = await openEndpoint(4)
    const sockets = Array.from({ length: 65 }, (_, n) =>
      endpoint.listenForRefusals({ address: '127.0.0.1', port: 20_000 + n }, () => {}),
    )
    expect(sockets.filter((socket) => socket === undefined).length).toBe(1)
    sockets[0]?.close()
    const again = endpoint.listenForRefusals({ address: '127.0.0.1', port: 20_000 }, () => {})
    expect(again).toBeDefined()
    const other = createSocket({ type: 'udp4', reuseAddr: true })
    other.bind(endpoint.port)
    const [error] = await once(other, 'error')
    expect(error).toMatchObject({ code: 'EADDRINUSE' })
    for (const socket of [...sockets, again]) socket?.close()
  })
})
