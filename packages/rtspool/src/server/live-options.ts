import { checkOptions, isRecord, kindOf, withoutUndefined } from '../option-checks.js'
import { type ResolvedRtspServerOptions, resolveRtspServerOptions } from './resolved-options.js'
import { type RtspServerOptions, rtspServerDefaults } from './server-options.js'

/** Options that {@link RtspServer.update} can change while the server runs. */
export type RtspServerLiveOptions = Pick<RtspServerOptions, (typeof liveOptions)[number]>

const liveOptions = [
  'auth',
  'idleTimeout',
  'maxConnections',
  'maxConnectionsPerAddress',
  'trustedAddresses',
  'allowedOrigins',
  'onConnectionClosed',
  'udpLiveness',
  'maxBacklogBytes',
  'maxBacklogSeconds',
  'maxKeyFrameWaitSeconds',
  'slowReaderTimeout',
  'publisherTimeout',
  'publisherTakeover',
  'gopCache',
  'timeline',
] as const satisfies readonly (keyof RtspServerOptions)[]

/** The same in the form that the server uses. */
const liveResolved = [
  'auth',
  'idleTimeoutMs',
  'maxConnections',
  'maxConnectionsPerAddress',
  'trustedAddresses',
  'allowedOrigins',
  'onConnectionClosed',
  'udpLiveness',
  'backlog',
  'slowReaderTimeoutMs',
  'publisherTimeoutMs',
  'publisherTakeover',
  'gopCache',
  'gopCacheTotalBytes',
  'timeline',
] as const satisfies readonly (keyof ResolvedRtspServerOptions)[]

const fixedOptions = new Set(Object.keys(rtspServerDefaults))
for (const name of liveOptions) fixedOptions.delete(name)

/** Options with another way to change, or none; the text completes "cannot be changed: …". */
const reasons: Readonly<Record<string, string>> = {
  tls: 'reloadCertificate changes the certificate',
  pool: 'pool.setLimits changes the limits of the pool',
}

/** Options of a server, with everything that can change while it runs. */
export class LiveOptions {
  /** Always up to date: read values when they are needed. */
  readonly resolved: ResolvedRtspServerOptions
  #given: RtspServerOptions

  /** @throws {RangeError | TypeError} Names the wrong option, the expected value and the given one. */
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
    const given = { ...this.#given, ...withoutUndefined(changes) }
    const next = resolveRtspServerOptions({ ...given, ...withoutResources(this.resolved) })
    this.#given = given
    const live = Object.fromEntries(liveResolved.map((name) => [name, next[name]]))
    Object.assign(this.resolved, live)
  }
}

/** Replaces options that stand for ports, files and pools, which are in use already. */
const withoutResources = ({ pool }: ResolvedRtspServerOptions): RtspServerOptions => ({
  ...{ port: 0, tls: undefined, multicast: undefined, nativeSockets: false, pool },
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
