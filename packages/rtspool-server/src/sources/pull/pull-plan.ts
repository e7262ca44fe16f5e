import { parseClientUrl } from 'rtspool/client'
import { type RelaySourceOptions, type RelayUpdate, relayDefaults } from 'rtspool/relay'
import { slateOf } from '../slate-file.js'

/** Transports of RTP by which the server can pull a stream; `auto` = TCP, then UDP. */
export const pullTransports = ['auto', 'tcp', 'udp', 'http', 'webSocket'] as const
export type PullTransport = (typeof pullTransports)[number]

/** Policies for Basic authentication, which sends the password in clear: inside TLS only, always, never. */
export const basicPolicies = ['overTls', 'always', 'never'] as const

/** Settings of a source that pulls a stream by RTSP. */
export interface PullPlan {
  readonly kind: 'pull'
  readonly path: string
  readonly url: string
  /** URLs that take over in this order while the camera at the URL before is away. */
  readonly failover: readonly string[]
  /** Seconds between two attempts to return to `url` while another URL serves; 0 = none. */
  readonly returnSeconds: number
  readonly username: string | undefined
  /** Password for the camera, from a file or environment variable; `undefined` = the password in the URL. */
  readonly password: string | undefined
  /** URL of the device service of ONVIF, for motion events; `undefined` = none. */
  readonly onvif: string | undefined
  readonly transport: PullTransport
  /** SHA-256 fingerprint of the certificate to accept; `undefined` = an authority must have signed the certificate. */
  readonly fingerprint: string | undefined
  readonly basic: (typeof basicPolicies)[number]
  readonly maxRedirects: number
  readonly alwaysOn: boolean
  readonly lingerSeconds: number
  readonly holdSeconds: number
  /** File that viewers are sent in a loop while the camera is away; `undefined` = none. */
  readonly slate: string | undefined
  readonly startSeconds: number
  readonly stallSeconds: number
}

export const pullDefaults = Object.freeze({
  onvif: undefined,
  transport: relayDefaults.transport as PullTransport,
  basic: 'overTls' as PullPlan['basic'],
  maxRedirects: 5,
  failover: Object.freeze([]) as readonly string[],
  returnSeconds: relayDefaults.returnSeconds,
})

/**
 * Returns the login for the first URL of a plan, and for spare URLs without a login. Each part is from the settings, or
 * else from the first URL.
 */
export function loginOf({
  url,
  username,
  password,
}: Pick<PullPlan, 'url' | 'username' | 'password'>): Pick<PullPlan, 'username' | 'password'> {
  const own = parseClientUrl(url)?.credentials
  return { username: username ?? own?.username, password: password ?? own?.password }
}

/**
 * Returns the settings of a plan that name the cameras of a relay, in the order of preference: URLs, login and
 * certificate.
 */
export function relaySourcesOf(plan: PullPlan): readonly RelaySourceOptions[] {
  const { username, password, fingerprint, basic, maxRedirects } = plan
  const common = { basic, maxRedirects, ...(fingerprint && { tls: { fingerprint } }) }
  const spares = plan.failover.map((url) => {
    // A spare camera with a login of its own must not get that of the first.
    const hasOwn = parseClientUrl(url)?.credentials !== undefined
    return hasOwn ? { url, ...common } : { url, ...loginOf(plan), ...common }
  })
  return [{ url: plan.url, username, password, ...common }, ...spares]
}

/**
 * Returns the settings of a plan that do not name the camera: waiting times, transport and permanent connection. A
 * relay can change them while it runs.
 */
export function relayOptionsOf(plan: PullPlan): RelayUpdate {
  const { alwaysOn, lingerSeconds, stallSeconds, transport, returnSeconds } = plan
  const { holdSeconds, startSeconds: waitSeconds, slate } = plan
  const onAway = { holdSeconds, ...(slate !== undefined && { slate: slateOf(slate) }) }
  return { alwaysOn, lingerSeconds, stallSeconds, transport, returnSeconds, waitSeconds, onAway }
}
