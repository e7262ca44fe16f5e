import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { endPrograms, Program } from '../interop/support/process.js'
import { requirePrograms } from '../interop/support/programs.js'

afterAll(endPrograms)

const host = fileURLToPath(new URL('support/datagrams-host.mjs', import.meta.url))

/** Packets of ffmpeg (1472 bytes), with what SRTP adds (4, 10, 16), ours, and the end of a frame. */
const sizes = [1472, 1472, 1472, 1482, 1482, 1488, 1488, 1476, 1476, 1332, 1332, 100]

const addresses = {
  IPv4: '127.0.0.1',
  IPv6: '::1',
  'link-local IPv6': 'fe80::7%lo',
  'multicast of IPv4': '239.255.18.1',
  'multicast of IPv6': 'ff15::18:1',
} as const

async function sendOver(sockets: string, address: string, mtu: number) {
  const setUp = [
    `ip link set lo mtu ${mtu} multicast on up`,
    'ip addr add fe80::7/64 dev lo nodad',
    'ip route add 224.0.0.0/4 dev lo',
    // IPv6 has no multicast on `lo`.
    'ip link add lan0 type veth peer name lan1',
    `ip link set lan1 mtu ${Math.min(mtu, 9000)} addrgenmode none up`,
    `ip link set lan0 mtu ${Math.min(mtu, 9000)} up`,
    'ip -6 addr add fd09::7/64 dev lan0 nodad',
    'ip -6 route del multicast ff00::/8 dev lan1 table local',
    `exec ${process.execPath} ${host} ${sockets} ${address} ${sizes.join()}`,
  ]
  const program = new Program('unshare', ['-rn', 'sh', '-c', setUp.join(' && ')])
  const status = await program.ended(20_000)
  if (status !== 0) throw new Error(`ended with ${status}: ${program.stderr}`)
  return JSON.parse(program.stdout)
}

describe.each(Object.entries(addresses))('datagrams over %s', { tags: 'R-1' }, (_name, address) => {
  test.for(['native', 'plain'] as const)(
    'arrive whole and in order, however small the MTU is (%s sockets)',
    async (sockets, context) => {
      requirePrograms(context, 'network namespace')
      const mtus = [1280, 1400, 1500, 65_536]
      const results = await Promise.all(mtus.map((mtu) => sendOver(sockets, address, mtu)))
      for (const [index, { received, sendErrors, sendPath }] of results.entries()) {
        const mtu = mtus[index]
        expect({ mtu, received }).toEqual({ mtu, received: [...sizes, ...sizes] })
        expect(sendErrors).toBe(0)
        expect(sendPath).toBe(sockets === 'native' ? 'sendmmsg+gso' : 'dgram')
      }
    },
  )
})
