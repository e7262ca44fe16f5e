import { checkInteger, checkOptions, shown } from '../../option-checks.js'
import type { SessionDescription } from '../../sdp/index.js'
import { type SrtpSuite, type SrtpSuiteName, srtpSuites } from '../../srtp/index.js'
import {
  type ResolvedClientOptions,
  type RtspClientOptions,
  resolveClientOptions,
} from '../client-options.js'
import { type AnnouncedMedia, mediaOf, type PublishedTrackSource } from './announcement.js'

/** Names of the options of {@link RtspClientOptions} that also apply to `publish`. */
const connectionOptions = [
  ...(['username', 'password', 'basic', 'transports', 'udpPorts', 'tls', 'userAgent'] as const),
  ...(['maxRedirects', 'credentialsFor'] as const),
  ...(['connectTimeout', 'responseTimeout', 'keepAliveSeconds', 'reportSeconds'] as const),
  ...(['signal', 'clock'] as const),
] satisfies (keyof RtspClientOptions)[]

/** Options of `publish`: either `description` or `tracks`, which is required, and options of `connect`. */
export interface RtspPublishOptions
  extends Pick<RtspClientOptions, (typeof connectionOptions)[number]> {
  /**
   * Session description whose media are published, as SDP or parsed. `a=control`, ports and directions are replaced.
   * @default none: the descriptions of `tracks`
   */
  readonly description?: string | SessionDescription | undefined
  /**
   * Tracks to publish, such as those of a client.
   * @default none: all media of `description`
   */
  readonly tracks?: readonly PublishedTrackSource[] | undefined
  /**
   * Name of the session in the announced description.
   * @default 'rtspool'
   */
  readonly name?: string | undefined
  /**
   * Maximum number of bytes that wait until the server reads them over TCP; at least 1. Above it, new packets are
   * dropped until half of the bytes have been sent. Video then continues with a key frame.
   * @default 4194304 (4 MiB)
   */
  readonly maxQueuedBytes?: number | undefined
  /**
   * Suite with which the packets are encrypted (SRTP, profile RTP/SAVP), over UDP too. Each connection has new keys. They
   * are in the announcement, so the URL must be `rtsps:` or `wss:`. All packets of a track get the announced SSRC, or
   * else that of its first one. `false` = no SRTP.
   * @default false
   */
  readonly srtp?: SrtpSuiteName | false | undefined
}

/** Default of {@link RtspPublishOptions.maxQueuedBytes}. */
const defaultMaxQueuedBytes = 4 * 1024 * 1024
const ownOptions = ['description', 'tracks', 'name', 'maxQueuedBytes', 'srtp']

export interface ResolvedPublishOptions {
  readonly media: readonly AnnouncedMedia[]
  readonly name: string
  readonly maxQueuedBytes: number
  /** Suite of the packets; `undefined` = no SRTP. */
  readonly srtp: SrtpSuite | undefined
  readonly connection: ResolvedClientOptions
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws {TypeError} an unknown name, a value of the wrong type, or neither or both of `description` and `tracks`.
 * @throws {RangeError} a number outside its range.
 * @throws {RequestError} `ERR_SDP` for a description that cannot be parsed.
 */
export function resolvePublishOptions(options: RtspPublishOptions): ResolvedPublishOptions {
  checkOptions('publish', options, [...ownOptions, ...connectionOptions])
  const {
    description,
    tracks,
    name = 'rtspool',
    maxQueuedBytes = defaultMaxQueuedBytes,
    srtp: suiteName = false,
    ...connection
  } = options
  if ((description === undefined) === (tracks === undefined)) {
    throw new TypeError('publish expects either description or tracks')
  }
  if (typeof name !== 'string') throw new TypeError(`name must be a string, got ${shown(name)}`)
  checkInteger('maxQueuedBytes', maxQueuedBytes, 1)
  if (connection.transports?.includes('multicast')) {
    throw new TypeError('transports of publish must not have multicast: it is for receivers only')
  }
  const srtp = suiteOf(suiteName)
  return {
    media: mediaOf(description, tracks, srtp ? 'RTP/SAVP' : 'RTP/AVP'),
    ...{ name, maxQueuedBytes, srtp },
    connection: resolveClientOptions(connection),
  }
}

function suiteOf(name: SrtpSuiteName | false): SrtpSuite | undefined {
  if (name === false) return undefined
  if (Object.hasOwn(srtpSuites, name)) return srtpSuites[name]
  const names = Object.keys(srtpSuites).join(', ')
  throw new TypeError(`srtp must be false or one of ${names}, got ${shown(name)}`)
}
