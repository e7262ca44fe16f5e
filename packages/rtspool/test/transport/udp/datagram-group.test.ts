import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { nativeSockets } from '../../../src/transport/system/native-sockets.js'
import { BatchedDatagramGroup } from '../../../src/transport/udp/batched-datagram-group.js'
import type { DatagramGroup } from '../../../src/transport/udp/datagram-group.js'
import { UdpPortPair } from '../../../src/transport/udp/udp-port-pair.js'
import { until } from '../../support/until.js'

const native = nativeSockets()
const opened: { close(): unknown }[] = []

afterEach(async () => {
  for (const thing of opened.splice(0)) {
    const closed = thing instanceof UdpPortPair ? undefined : once(thing as Socket, 'close')
    await thing.close()
    await closed
  }
})

class Receiver {
  readonly packets: Buffer[] = []
  readonly socket: Socket
  readonly destination: { address: string; port: number }

  constructor(socket: Socket) {
    this.socket = socket
    this.destination = { address: socket.address().address, port: socket.address().port }
    socket.on('message', (packet) => void this.packets.push(packet))
  }

  static async open(family: 4 | 6 = 4): Promise<Receiver> {
    const socket = createSocket(family === 4 ? 'udp4' : 'udp6')
    socket.bind(0, family === 4 ? '127.0.0.1' : '::1')
    await once(socket, 'listening')
    opened.push(socket)
    return new Receiver(socket)
  }
}

/** Free ports are looked for from here on. */
let nextPort = 42_000

async function openEndpoint(sendPath: string, family: 4 | 6 = 4) {
  const address = family === 4 ? '127.0.0.1' : '::1'
  const options = { family, address, native: sendPath === 'dgram' ? undefined : native }
  for (;;) {
    nextPort += 2
    try {
      const pair = await UdpPortPair.open(nextPort, options)
      opened.push(pair)
      return pair.rtp
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}

/** A group on each path that this machine has. */
async function groupOn(sendPath: string, family: 4 | 6 = 4): Promise<DatagramGroup> {
  const endpoint = await openEndpoint(sendPath, family)
  if (sendPath !== 'sendmmsg') return endpoint.createGroup()
  if (!native) throw new Error('system calls expected')
  // As on a kernel without segmentation.
  const descriptor = native.bindDatagram(family === 4 ? '127.0.0.1' : '::1', 0)
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6')
  // A descriptor is listened to at once, before anybody could wait for it.
  const listening = once(socket, 'listening')
  socket.bind({ fd: descriptor })
  await listening
  opened.push(socket)
  return new BatchedDatagramGroup(native, () => descriptor, {
    isSegmenting: false,
    loss: { sendErrors: 0, fragmentedPackets: 0 },
  })
}

const packetsOf = (sizes: readonly number[]): Buffer[] =>
  sizes.map((size, index) => Buffer.alloc(size, index + 1))

const sizesOf = {
  'one packet': [100],
  'equal sizes': [1400, 1400, 1400],
  'a shorter last one': [1400, 1400, 7],
  'a longer one after a shorter one': [10, 1400, 1400, 20, 20, 30],
  'all different': [5, 4, 3, 2, 1, 2, 3],
  'more than 64': new Array<number>(150).fill(200),
  'larger than Ethernet': [3000, 3000, 1000, 1400, 1400],
  'an empty payload': [1, 0, 1],
}

const sendPaths = native ? ['dgram', 'sendmmsg', 'sendmmsg+gso'] : ['dgram']

it('this machine has the system calls, so that every path is tested', () => {
  expect(native).toBeDefined()
})

describe.each(sendPaths)('a group on the path %s', (sendPath) => {
  it.each(Object.entries(sizesOf))('sends packets whole and in order: %s', async (_name, sizes) => {
    const group = await groupOn(sendPath)
    const receivers = [await Receiver.open(), await Receiver.open(), await Receiver.open()]
    for (const { destination } of receivers) group.add(destination)
    const packets = packetsOf(sizes)
    group.send(packets)
    for (const receiver of receivers) {
      await until(() => receiver.packets.length >= packets.length)
      expect(receiver.packets.map((packet) => packet.length)).toEqual(sizes)
      expect(Buffer.concat(receiver.packets).equals(Buffer.concat(packets))).toBe(true)
    }
  })

  it('sends to the present members only', async () => {
    const group = await groupOn(sendPath)
    const receivers = []
    for (let n = 0; n < 20; n++) receivers.push(await Receiver.open())
    for (const { destination } of receivers) group.add(destination)
    const [first, ...others] = receivers
    if (!first) throw new Error('a receiver expected')
    group.send([Buffer.from('all')])
    group.remove(first.destination)
    group.remove(first.destination)
    group.send([Buffer.from('not the first')])
    group.add(first.destination)
    group.add(first.destination)
    group.send([Buffer.from('all again')])
    expect(group.size).toBe(20)
    for (const other of others) await until(() => other.packets.length >= 3)
    await until(() => first.packets.length >= 2)
    expect(first.packets.map(String)).toEqual(['all', 'all again'])
    for (const other of others) {
      expect(other.packets.map(String)).toEqual(['all', 'not the first', 'all again'])
    }
    for (const { destination } of receivers) group.remove(destination)
    expect(group.size).toBe(0)
    group.send([Buffer.from('nobody')])
  })

  it('serves more members than one call has messages', async () => {
    const group = await groupOn(sendPath)
    const receiver = await Receiver.open()
    receiver.socket.setRecvBufferSize(4 * 1024 * 1024)
    const members = Array.from({ length: 1500 }, () => ({ ...receiver.destination }))
    for (const member of members) group.add(member)
    // In two halves, so that the socket of the receiver has room.
    group.send([Buffer.from('x')])
    await until(() => receiver.packets.length >= 100)
    for (const member of members.slice(10)) group.remove(member)
    expect(group.size).toBe(10)
  })

  it('sends over IPv6', async () => {
    const group = await groupOn(sendPath, 6)
    const receiver = await Receiver.open(6)
    group.add(receiver.destination)
    group.send(packetsOf([1400, 1400, 9]))
    await until(() => receiver.packets.length >= 3)
    expect(receiver.packets.map((packet) => packet.length)).toEqual([1400, 1400, 9])
  })

  it('refused packets move from the sent ones to the dropped ones', { tags: 'R-1' }, async () => {
    const group = await groupOn(sendPath)
    const receiver = await Receiver.open()
    // Broadcast has to be allowed on a socket before: EACCES.
    const counters = { packetsOut: 2, bytesOut: 3, packetsDropped: 0 }
    group.add({ address: '255.255.255.255', port: 9, counters })
    group.add(receiver.destination)
    group.send([Buffer.from('a'), Buffer.from('bc')])
    await until(() => receiver.packets.length >= 2)
    await until(() => counters.packetsDropped === 2)
    expect(counters.packetsOut).toBe(0)
  })

  it('packets larger than a datagram are left out, and the rest arrives', {
    tags: 'A-RTP-3',
  }, async () => {
    const group = await groupOn(sendPath)
    const receiver = await Receiver.open()
    group.add(receiver.destination)
    group.send([Buffer.from('before'), Buffer.alloc(65_535), Buffer.from('after')])
    await until(() => receiver.packets.length >= 2)
    expect(receiver.packets.map(String)).toEqual(['before', 'after'])
  })
})
