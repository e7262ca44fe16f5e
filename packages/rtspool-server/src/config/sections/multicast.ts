import { MulticastAddressPool, multicastDefaults } from 'rtspool'
import { z } from 'zod'
import { key, portRange, portRangeText } from '../key-meta.js'

const groupText = 'a multicast address or range such as 239.255.12.0/24 or ff15::/16'
const maxTtl = 255

function isGroup(text: string): boolean {
  try {
    new MulticastAddressPool({ groups: text })
    return true
  } catch {
    return false
  }
}

/**
 * Section `multicast` of the configuration: groups to which the server sends media, including
 * published ones.
 */
export const multicastSection = z.strictObject({
  groups: key(
    z.array(key(z.string().refine(isGroup, groupText), { description: groupText })).default([]),
    {
      description: 'multicast groups for viewers who request multicast, such as 239.255.12.0/24',
      flag: '--multicast <groups>',
      defaultText: 'none',
      examples: [['239.255.12.0/24']],
    },
  ),
  ports: key(portRange().default(multicastDefaults.ports.join('-')), {
    description: 'range of ports; RTP has the even ones, RTCP the next odd ones',
    expected: portRangeText,
  }),
  ttl: key(z.int().min(0).max(maxTtl).default(multicastDefaults.ttl), {
    description: 'routers that a packet may pass, plus one; 0 = stays on this machine',
  }),
  interface: key(z.string().min(1).optional(), {
    description: 'name or address of the network interface for multicast',
    defaultText: 'as the routes of the system say',
    examples: ['eth0'],
  }),
  only: key(z.boolean().default(multicastDefaults.only), { description: 'refuse unicast' }),
  inDescription: key(z.boolean().default(multicastDefaults.inDescription), {
    description: 'write group and port into the session description',
  }),
})
