import type { RouteOptions } from './route.js'

/** A kind of network between server and client. */
export interface RouteKind {
  readonly name: string
  readonly options: RouteOptions
  readonly families: readonly (4 | 6)[]
  /** What is played: `live` has packets of 1472 bytes. */
  readonly path: 'live' | 'test'
  /** Whether the NAT forgets what it knows while it is played. */
  readonly rebinds?: boolean
}

const both = [4, 6] as const

export const routeKinds: readonly RouteKind[] = [
  { name: 'plain', options: {}, families: both, path: 'live' },
  { name: '2 % of UDP lost', options: { lossPercent: 2 }, families: both, path: 'live' },
  { name: 'UDP refused (ICMP)', options: { udp: 'reject' }, families: both, path: 'live' },
  { name: 'UDP dropped', options: { udp: 'drop' }, families: both, path: 'live' },
  { name: 'link of 1400 bytes', options: { mtu: 1400 }, families: both, path: 'live' },
  { name: 'link of 1280 bytes', options: { mtu: 1280 }, families: both, path: 'live' },
  { name: 'link of 1400 bytes, /test', options: { mtu: 1400 }, families: both, path: 'test' },
  { name: 'NAT, same ports', options: { nat: 'same ports' }, families: [4], path: 'live' },
  { name: 'NAT, new ports', options: { nat: 'new ports' }, families: [4], path: 'live' },
  {
    name: 'NAT that forgets while it plays',
    options: { nat: 'same ports' },
    families: [4],
    path: 'live',
    rebinds: true,
  },
]

export function routeKind(name: string): RouteKind {
  const kind = routeKinds.find((candidate) => candidate.name === name)
  if (!kind) throw new RangeError(`no kind of route '${name}'`)
  return kind
}
