import { type RtspClientOptions, resolveClientOptions } from '../client/client-options.js'
import { clientUrlRule, parseClientUrl } from '../client/client-url.js'
import type { RtspClientTransport } from '../client/rtsp-client.js'
import { type Clock, systemClock } from '../clock.js'
import type { MediaFactoryOptions } from '../media/media-factory-options.js'
import { mediaFactoryDefaults } from '../media/media-factory-options.js'
import type { CreateSlate } from '../media/slate.js'
import {
  checkBoolean,
  checkClock,
  checkFunction,
  checkNumber,
  checkOptions,
  checkSeconds,
  isRecord,
  kindOf,
  shown,
} from '../option-checks.js'
import { redactedUrl } from './redaction.js'

/** Source of a relay: the URL of a stream, and options of the client that pulls it. */
export interface RelaySourceOptions extends Omit<RtspClientOptions, 'signal' | 'clock'> {
  /** `rtsp:`, `rtsps:`, `ws:` or `wss:` URL, which may contain user and password. */
  readonly url: string | URL
}

/** URL of a stream, or a URL with options of the client. */
export type RelaySource = string | URL | RelaySourceOptions

/**
 * Treatment of viewers after the connection to the source is lost. They leave at once (`'end'`), or stay for
 * `holdSeconds` and receive RTCP until the source returns. With a `slate` they are sent a clip meanwhile, for ever
 * unless `holdSeconds` limits it; see `slate` of `MediaFactoryOptions`.
 */
export type RelayAwayPolicy =
  | 'end'
  | { readonly holdSeconds: number }
  | { readonly slate: CreateSlate; readonly holdSeconds?: number | undefined }

/**
 * Transport of the packets from the source to the relay. `'auto'` = the `transports` of the source in their order; any
 * other value = that transport only.
 */
export type RelayTransport = 'auto' | RtspClientTransport

/** Delays between attempts to connect; both optional. */
export interface RelayBackoff {
  /**
   * Seconds from a failed first attempt to the second; more than 0. Each further delay is twice as long. A random part
   * of up to a half is subtracted.
   * @default 1
   */
  readonly firstSeconds?: number | undefined
  /**
   * Maximum delay in seconds, at least `firstSeconds`.
   * @default 30, or `firstSeconds` if that is more
   */
  readonly maxSeconds?: number | undefined
}

/** Options of `relayMedia`; all optional. */
export interface RelayOptions extends Pick<MediaFactoryOptions, 'gopCache' | 'multicast'> {
  /**
   * Seconds that the connection stays after the last viewer has left; 0 = it closes at once.
   * @default 10
   */
  readonly lingerSeconds?: number | undefined
  /**
   * Connects at once, and keeps the connection without viewers too. A viewer then begins with a key frame at once.
   * @default false
   */
  readonly alwaysOn?: boolean | undefined
  /**
   * Seconds without a packet of a video track after which the relay connects anew. Sound alone does not count. Without
   * video, any track counts. 0 = never.
   * @default 10
   */
  readonly stallSeconds?: number | undefined
  /**
   * Delays between attempts to connect.
   * @default { firstSeconds: 1, maxSeconds: 30 }
   */
  readonly backoff?: RelayBackoff | undefined
  /**
   * Seconds between attempts in the state `failed`, in which retrying alone rarely helps; 0 = none before a change of
   * options or a new viewer. After wrong credentials a new viewer waits for them too.
   * @default 300
   */
  readonly failedRetrySeconds?: number | undefined
  /**
   * Seconds between two attempts to return to the first source of a list, while another one serves the viewers; 0 = no
   * attempts.
   * @default 10
   */
  readonly returnSeconds?: number | undefined
  /**
   * Maximum seconds that a DESCRIBE waits until a source has described its stream, repeated attempts included.
   * Afterwards the client gets 503 with Retry-After.
   * @default 8
   */
  readonly waitSeconds?: number | undefined
  /**
   * Passes a refusal of the source on to a DESCRIBE that waits, as 503, and lets the next one cause another attempt. For
   * sources that make attempts themselves, such as a relay.
   * @default false
   */
  readonly passRefusals?: boolean | undefined
  /**
   * Treatment of viewers after the connection to the source is lost.
   * @default { holdSeconds: 60 }
   */
  readonly onAway?: RelayAwayPolicy | undefined
  /**
   * Transport of the packets from the source: `'tcp'`, `'udp'`, `'multicast'`, `'http'`, `'webSocket'`, or `'auto'`
   * for the `transports` of the source in their order.
   * @default 'auto'
   */
  readonly transport?: RelayTransport | undefined
  /**
   * RTP numbers that viewers see. `continuous` = one SSRC; sequence numbers and timestamps go on when the source jumps
   * or restarts. `passThrough` = the source's own, until the source is away for the first time.
   * @default 'continuous'
   */
  readonly timeline?: MediaFactoryOptions['timeline']
  /**
   * Signal that closes the relay for good when it is aborted.
   * @default never
   */
  readonly signal?: AbortSignal | undefined
  /**
   * Clock for all delays and times of the relay. Tests replace it.
   * @default `systemClock`
   */
  readonly clock?: Clock | undefined
  /**
   * Function that returns random numbers from 0 up to, but not including, 1, by which the delays between attempts to
   * connect are shortened. Tests replace the function to get exact delays.
   * @default `Math.random`
   */
  readonly random?: (() => number) | undefined
}

/** Options that {@link RelayMedia.update} changes; all optional. */
export interface RelayUpdate
  extends Omit<
    RelayOptions,
    'gopCache' | 'multicast' | 'timeline' | 'signal' | 'clock' | 'random'
  > {
  /** New source, or list of sources. If it differs from the present one, the relay connects anew. */
  readonly source?: RelaySource | readonly RelaySource[] | undefined
}

/** Defaults of {@link RelayOptions}. */
export const relayDefaults = Object.freeze({
  lingerSeconds: 10,
  alwaysOn: false,
  stallSeconds: 10,
  backoff: Object.freeze({ firstSeconds: 1, maxSeconds: 30 }),
  failedRetrySeconds: 300,
  returnSeconds: 10,
  waitSeconds: 8,
  passRefusals: false,
  onAway: Object.freeze({ holdSeconds: 60 }),
  transport: 'auto',
  timeline: 'continuous',
  gopCache: mediaFactoryDefaults.gopCache,
  multicast: undefined,
  signal: undefined,
  clock: systemClock,
  random: Math.random,
}) satisfies { [K in keyof Required<RelayOptions>]: RelayOptions[K] }

const transports: readonly RelayTransport[] = [
  ...(['auto', 'tcp', 'udp', 'multicast', 'http', 'webSocket'] as const),
]

const updatable = [
  ...['lingerSeconds', 'alwaysOn', 'stallSeconds', 'backoff', 'failedRetrySeconds'],
  'returnSeconds',
  ...['waitSeconds', 'passRefusals', 'onAway', 'transport'],
] as const

/** Source of a relay, whose URL and client options have been checked. */
export interface ResolvedRelaySource {
  /** URL with user and password, if it has them. */
  readonly url: string
  /** URL for messages and status: without user and password, and with `***` for values that may be secret. */
  readonly shownUrl: string
  readonly client: RtspClientOptions
  /** User name and password, which no message may contain. */
  readonly secrets: readonly string[]
}

/** Options that an update can replace, after their checks: with defaults, and with all times in milliseconds. */
export interface ResolvedRelayOptions {
  readonly lingerMs: number
  readonly holdMs: number
  readonly slate: CreateSlate | undefined
  readonly alwaysOn: boolean
  readonly stallMs: number
  readonly firstDelayMs: number
  readonly maxDelayMs: number
  readonly failedRetryMs: number
  readonly returnMs: number
  readonly waitMs: number
  readonly passRefusals: boolean
  readonly transport: RelayTransport
}

/**
 * Checks a source, and separates its URL, options of the client and secrets.
 *
 * @throws {TypeError} No URL, or a wrong option of the client. The message contains no credentials.
 */
export function resolveRelaySource(source: RelaySource): ResolvedRelaySource {
  const isUrl = typeof source === 'string' || source instanceof URL
  if (!isUrl && !isRecord(source)) {
    throw new TypeError(`source must be a URL, or an object with url, got ${kindOf(source)}`)
  }
  const { url, ...client } = isUrl ? { url: source } : source
  const text = String(url)
  const place = parseClientUrl(text)
  if (!place) {
    const expected = `an rtsp: or rtsps: URL, such as rtsp://192.0.2.7/stream, ${clientUrlRule}`
    throw new TypeError(`source must be ${expected}, got ${kindOf(url)}`)
  }
  for (const name of ['signal', 'clock']) {
    if (Object.hasOwn(client, name)) throw new TypeError(`${name} is an option of the relay`)
  }
  resolveClientOptions(client)
  const { username = place.credentials?.username, password = place.credentials?.password } =
    client as RtspClientOptions
  const secrets = [username, password].filter((secret) => secret !== undefined && secret !== '')
  return { url: text, shownUrl: redactedUrl(text), client, secrets: secrets as string[] }
}

/**
 * Checks the names of all options, and the values of `signal`, `clock` and `random`. {@link resolveRelayOptions} and
 * the media factory check the other values.
 *
 * @throws {TypeError | RangeError} Names the wrong option, the expected value and the given one.
 */
export function checkRelayOptions(options: RelayOptions): void {
  checkOptions('relayMedia', options, Object.keys(relayDefaults))
  const { signal, clock = systemClock, random = Math.random } = options
  checkClock(clock)
  checkFunction('random', random)
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, got ${kindOf(signal)}`)
  }
}

const maxSources = 16

/**
 * Checks a source, or a list of 1 to 16 sources in the order of preference. @throws {TypeError} A list of another
 * length, or an error of {@link resolveRelaySource}
 */
export function resolveRelaySources(
  sources: RelaySource | readonly RelaySource[],
): readonly ResolvedRelaySource[] {
  if (!isList(sources)) return [resolveRelaySource(sources)]
  if (sources.length === 0 || sources.length > maxSources) {
    throw new TypeError(
      `source must be a list of 1 to ${maxSources} sources, got ${sources.length}`,
    )
  }
  return sources.map(resolveRelaySource)
}

const isList = (sources: RelaySource | readonly RelaySource[]): sources is readonly RelaySource[] =>
  Array.isArray(sources)

/** Returns the options that {@link RelayMedia.update} may change, without those that are `undefined`. */
export function updatableOf(options: RelayOptions): RelayUpdate {
  const entries = updatable.map((name) => [name, options[name]] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

/**
 * Checks the names of the options of an update.
 *
 * @throws {TypeError} Names an option that an update cannot change.
 */
export function checkUpdate(update: RelayUpdate): void {
  checkOptions('update', update, ['source', ...updatable])
}

/**
 * Checks the options that an update can change, and fills in the defaults.
 *
 * @throws {TypeError | RangeError} Names the wrong option, the expected value and the given one.
 */
export function resolveRelayOptions(options: RelayUpdate): ResolvedRelayOptions {
  const defaults = relayDefaults
  const { alwaysOn = defaults.alwaysOn, transport = defaults.transport } = options
  const { backoff = defaults.backoff, onAway = defaults.onAway } = options
  checkOptions('backoff', backoff, ['firstSeconds', 'maxSeconds'])
  const { firstSeconds = defaults.backoff.firstSeconds } = backoff
  const { maxSeconds = Math.max(firstSeconds, defaults.backoff.maxSeconds) } = backoff
  if (!transports.includes(transport)) {
    throw new TypeError(
      `transport must be one of ${transports.join(', ')}, got ${shown(transport)}`,
    )
  }
  const ms = (name: Exclude<keyof RelayUpdate & `${string}Seconds`, 'lingerSeconds'>): number =>
    checkSeconds(name, options[name] ?? defaults[name]) * 1000
  const resolved = {
    lingerMs: checkNumber('lingerSeconds', options.lingerSeconds ?? defaults.lingerSeconds) * 1000,
    ...awayOf(onAway),
    alwaysOn: checkBoolean('alwaysOn', alwaysOn),
    stallMs: ms('stallSeconds'),
    firstDelayMs: checkSeconds('backoff.firstSeconds', firstSeconds) * 1000,
    maxDelayMs: checkSeconds('backoff.maxSeconds', maxSeconds) * 1000,
    failedRetryMs: ms('failedRetrySeconds'),
    returnMs: ms('returnSeconds'),
    waitMs: ms('waitSeconds'),
    passRefusals: checkBoolean('passRefusals', options.passRefusals ?? defaults.passRefusals),
    transport,
  }
  if (resolved.firstDelayMs === 0) {
    throw new RangeError('backoff.firstSeconds must be more than 0, got 0')
  }
  if (resolved.maxDelayMs < resolved.firstDelayMs) {
    const expected = 'at least firstSeconds'
    throw new RangeError(`backoff.maxSeconds must be ${expected}, got ${shown(maxSeconds)}`)
  }
  return resolved
}

function awayOf(policy: RelayAwayPolicy): Pick<ResolvedRelayOptions, 'holdMs' | 'slate'> {
  if (policy === 'end') return { holdMs: 0, slate: undefined }
  if (!isRecord(policy)) {
    const expected = "'end', { holdSeconds } or { slate }"
    throw new TypeError(`onAway must be ${expected}, got ${shown(policy)}`)
  }
  checkOptions('onAway', policy, ['holdSeconds', 'slate'])
  const slate = 'slate' in policy ? policy.slate : undefined
  if (slate !== undefined) checkFunction('onAway.slate', slate)
  const { holdSeconds = slate && Number.POSITIVE_INFINITY } = policy
  return { holdMs: checkNumber('onAway.holdSeconds', holdSeconds) * 1000, slate }
}
