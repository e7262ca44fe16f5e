/**
 * Sends datagrams of some sizes over the loopback of a network of its own, and prints which arrived, in order.
 * `datagrams-host.mjs native|plain ADDRESS SIZE,…`; a group is joined, and sent to as multicast streams are.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { MulticastEndpoint } from '../../../packages/rtspool/dist/transport/multicast/endpoint.js'
import { nativeSockets } from '../../../packages/rtspool/dist/transport/system/native-sockets.js'
import { UdpPortPair } from '../../../packages/rtspool/dist/transport/udp/udp-port-pair.js'

const [sockets, address = '', sizes = ''] = process.argv.slice(2)
const family = address.includes(':') ? 6 : 4
const isGroup = /^(2[23]\d\.|ff)/.test(address)
const interfaceAddress = family === 4 ? '127.0.0.1' : '::%lan0'

const receiver = createSocket({ type: family === 4 ? 'udp4' : 'udp6', reuseAddr: true })
const received = []
receiver.on('message', (packet) => received.push(packet.length))
receiver.bind(0, isGroup && family === 6 ? '::' : address)
await once(receiver, 'listening')
if (isGroup) receiver.addMembership(address, interfaceAddress)

const native = sockets === 'native' ? nativeSockets() : undefined
const pair = await UdpPortPair.open(30_000, { family, native })
const route = { ttl: 0, interfaceAddress }
const sender = isGroup ? new MulticastEndpoint(pair.rtp, route) : pair.rtp
const group = sender.createGroup()
group.add({ address, port: receiver.address().port })
const packets = sizes.split(',').map((size) => Buffer.alloc(Number(size)))
for (let round = 0; round < 2; round++) group.send(packets)
for (let wait = 0; wait < 200 && received.length < 2 * packets.length; wait++) {
  await new Promise((resolve) => setTimeout(resolve, 10))
}
const { sendErrors, fragmentedPackets, sendPath } = pair.rtp
console.log(JSON.stringify({ received, sendErrors, fragmentedPackets, sendPath }))
receiver.close()
await pair.close()
