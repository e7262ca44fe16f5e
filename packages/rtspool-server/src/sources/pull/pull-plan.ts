import { type RelaySourceOptions, type RelayUpdate, relayDefaults } from 'rtspool/relay'
import { slateOf } from '../slate-file.js'

/** Transports by which a stream can be pulled; `auto` = TCP, then UDP. */
export const pullTransports = ['auto', 'tcp', 'udp', 'http', 'webSocket'] as const
export type PullTransport = (typeof pullTransports)[number]

/** Policies for Basic authentication, which sends the password in clear: inside TLS only, always, never. */
export const basicPolicies = ['overTls', 'always', 'never'] as const

/** Settings of a source that pulls a stream by RTSP. */
export interface PullPlan {
  readonly kind: 'pull'
  readonly path: string
  readonly url: string
  readonly username: string | undefined
  /** Password from its file or variable; `undefined` = that of the URL. */
  readonly password: string | undefined
  readonly transport: PullTransport
  /** SHA-256 fingerprint of the certificate to accept; `undefined` = an authority must have signed the certificate. */
  readonly fingerprint: string | undefined
  readonly basic: (typeof basicPolicies)[number]
  readonly maxRedirects: number
  readonly alwaysOn: boolean
  readonly lingerSeconds: number
  readonly holdSeconds: number
  /** File that viewers are sent while the camera is away; `undefined` = none. */
  readonly slate: string | undefined
  readonly startSeconds: number
  readonly stallSeconds: number
}

export const pullDefaults = Object.freeze({
  transport: relayDefaults.transport as PullTransport,
  basic: 'overTls' as PullPlan['basic'],
  maxRedirects: 5,
})

/** Returns the settings of a plan that name the camera of a relay: URL, login and certificate. */
export function relaySourceOf(plan: PullPlan): RelaySourceOptions {
  const { url, username, password, fingerprint, basic, maxRedirects } = plan
  return {
    url,
    username,
    password,
    basic,
    maxRedirects,
    ...(fingerprint && { tls: { fingerprint } }),
  }
}

/**
 * Returns the settings of a plan that do not name the camera: waiting times, transport and permanent connection. A
 * relay can change them while it runs.
 */
export function relayOptionsOf(plan: PullPlan): RelayUpdate {
  const { alwaysOn, lingerSeconds, stallSeconds, transport } = plan
  const { holdSeconds, startSeconds: waitSeconds, slate } = plan
  const onAway = { holdSeconds, ...(slate !== undefined && { slate: slateOf(slate) }) }
  return { alwaysOn, lingerSeconds, stallSeconds, transport, waitSeconds, onAway }
}
