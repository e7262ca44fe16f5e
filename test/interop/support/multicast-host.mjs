/**
 * A server with multicast of the test clip at /test, and a member of its groups that counts what they carry.
 * `multicast-host.mjs ADDRESS INTERFACE TTL native|plain`. Says where it listens, then its counts all the time.
 */
import { createSocket } from 'node:dgram'
import { fileURLToPath } from 'node:url'
import { MulticastAddressPool, RtspServer } from 'rtspool'
import { fileMedia } from 'rtspool/file'

const clip = fileURLToPath(
  new URL('../../../packages/rtspool-server/assets/test.mp4', import.meta.url),
)
const [host = '', interfaceName, ttl, sockets] = process.argv.slice(2)
const isIpv6 = host.includes(':')
const groups = isIpv6 ? ['ff15::7:1', 'ff15::7:2'] : ['239.255.13.1', '239.255.13.2']
const pool = new MulticastAddressPool({
  groups,
  ports: [31_000, 31_003],
  interface: host,
  ttl: Number(ttl),
})
let asked = 0
const server = new RtspServer({
  ...{ port: 0, host, udpPorts: [20_000, 20_100], multicast: pool },
  // The first two begin together, with a key frame: whoever comes to a running group later decodes without one.
  pool: {
    onAdmit: async () => {
      asked++
      while (asked < 2) await new Promise((resolve) => setTimeout(resolve, 10))
      return true
    },
  },
  nativeSockets: sockets !== 'plain',
})
server.mounts.add('/test', fileMedia(clip, { loop: true }))
await server.listen()

let datagrams = 0
for (const [index, group] of groups.entries()) {
  const member = createSocket({ type: isIpv6 ? 'udp6' : 'udp4', reuseAddr: true })
  member.on('message', () => {
    datagrams++
  })
  member.bind(31_000 + 2 * index, group, () => {
    member.addMembership(group, isIpv6 ? `::%${interfaceName}` : host)
  })
}

const authority = isIpv6 ? `[${host}]` : host
console.log(`rtsp://${authority}:${server.address().port}`)
setInterval(() => {
  console.log(JSON.stringify({ datagrams, ...server.stats().multicast }))
}, 50)
