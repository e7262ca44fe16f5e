import { checkOptions, isRecord, kindOf, withoutUndefined } from '../option-checks.js'
import { type ResolvedRtspServerOptions, resolveRtspServerOptions } from './resolved-options.js'
import { type RtspServerOptions, rtspServerDefaults } from './server-options.js'

/** Options that {@link RtspServer.update} can change while the server runs. */
export type RtspServerLiveOptions = Pick<RtspServerOptions, keyof typeof resolvedBy>

/**
 * Options that can change while the server runs. Each entry lists the names of the resolved values that the server
 * reads instead of the option.
 */
const resolvedBy = {
  auth: ['auth'],
  idleTimeout: ['idleTimeoutMs'],
  maxConnections: ['maxConnections', 'maxConnectionsPerAddress'],
  maxConnectionsPerAddress: ['maxConnectionsPerAddress'],
  trustedAddresses: ['trustedAddresses'],
  trustedProxies: ['trustedProxies'],
  allowedOrigins: ['allowedOrigins'],
  onConnectionClosed: ['onConnectionClosed'],
  udpLiveness: ['udpLiveness'],
  maxBacklogBytes: ['backlog'],
  maxBacklogSeconds: ['backlog'],
  maxKeyFrameWaitSeconds: ['backlog'],
  slowReaderTimeout: ['slowReaderTimeoutMs'],
  publisherTimeout: ['publisherTimeoutMs'],
  publisherTakeover: ['publisherTakeover'],
  publisherGraceSeconds: ['publisherGraceMs'],
  publisherSlate: ['publisherSlate'],
  gopCache: ['gopCache', 'gopCacheTotalBytes'],
  timeline: ['timeline'],
  overload: ['overload'],
} as const satisfies {
  readonly [K in keyof RtspServerOptions]?: readonly (keyof ResolvedRtspServerOptions)[]
}

const liveOptions: readonly string[] = Object.keys(resolvedBy)
const fixedOptions = new Set(Object.keys(rtspServerDefaults))
for (const name of liveOptions) fixedOptions.delete(name)

/**
 * Reasons why some options cannot be changed by `update`; the text completes "cannot be changed:
 * …".
 */
const reasons: Readonly<Record<string, string>> = {
  tls: 'reloadCertificate changes the certificate',
  pool: 'pool.setLimits changes the limits of the pool',
}

/** Options of a server, which {@link update} can change while the server runs. */
export class LiveOptions {
  /** Present values of the server's options. They may change, so read them when they are needed. */
  readonly resolved: ResolvedRtspServerOptions
  #given: RtspServerOptions

  /**
   * Checks the options of a server.
   *
   * @throws {RangeError | TypeError} Names the wrong option, the expected value and the given one.
   */
  constructor(given: RtspServerOptions) {
    this.#given = given
    this.resolved = { ...resolveRtspServerOptions(given) }
  }

  /**
   * Changes all given options, or none. An option that is `undefined` stays as it is.
   *
   * @throws {RangeError | TypeError} An option is wrong, or cannot be changed while the server runs.
   */
  update(changes: RtspServerLiveOptions): void {
    checkLive(changes)
    const changed = withoutUndefined(changes)
    const given = { ...this.#given, ...changed }
    const next = resolveRtspServerOptions({ ...given, ...withoutResources(this.resolved) })
    this.#given = given
    // The other values stay the same objects, so their users need not begin anew.
    const options = Object.keys(changed) as (keyof typeof resolvedBy)[]
    const values = options.flatMap((option) =>
      resolvedBy[option].map((name) => [name, next[name]] as const),
    )
    Object.assign(this.resolved, Object.fromEntries(values))
  }
}

/**
 * Returns neutral values for the options of ports, files and pools, which cannot change because they are in use. The
 * check of changed options checks these values as well, and must not open new ports, files or pools.
 */
const withoutResources = ({ pool }: ResolvedRtspServerOptions): RtspServerOptions => ({
  ...{ port: 0, tls: undefined, multicast: undefined, pool },
})

function checkLive(changes: unknown): void {
  if (!isRecord(changes)) {
    throw new TypeError(`the options of update must be an object, got ${kindOf(changes)}`)
  }
  const fixed = Object.keys(changes).find((name) => fixedOptions.has(name))
  if (fixed === undefined) {
    checkOptions('update', changes, liveOptions)
    return
  }
  const reason = reasons[fixed] ?? `these can: ${liveOptions.join(', ')}`
  throw new TypeError(`${fixed} cannot be changed while the server runs: ${reason}`)
}
