import { checkBoolean, checkFunction, checkNumber, checkOptions } from '../option-checks.js'
import { MulticastAddressPool, type MulticastOptions } from '../transport/multicast/address-pool.js'
import { type BackChannelOptions, checkBackChannelOptions } from './back-channel.js'
import type { CreateSlate } from './slate.js'
import { checkTimeline, type TimelinePolicy } from './timeline/timeline.js'
import {
  type GopCacheLimits,
  type GopCacheOptions,
  gopCacheDefaults,
  resolveGopCache,
} from './track/gop-cache-options.js'

/** Path and query that a viewer requests. */
export interface MediaRequest {
  /** Decoded path of the request, without the track. */
  readonly path: string
  /** Query after `?`, as received. */
  readonly query: string | undefined
  /** User-Agent of the client; absent without one, and for a reader inside the process. */
  readonly userAgent?: string
}

/** Options of a {@link MediaFactory}; all optional. */
export interface MediaFactoryOptions {
  /**
   * Shares one media among all viewers of the same path and query.
   * @default true
   */
  readonly shared?: boolean | undefined
  /**
   * Seconds that the source runs on after its last viewer has left; 0 = it closes at once. A media
   * that is not shared always closes at once, because nobody else can join it.
   * @default 10
   */
  readonly lingerSeconds?: number | undefined
  /**
   * Seconds that viewers stay while the source is away, from `sourceAway` to `sourceBack` of its
   * output; 0 = they leave at once, Infinity = for ever.
   * @default 0
   */
  readonly holdSeconds?: number | undefined
  /**
   * Function that creates the source of a slate: a clip that viewers are sent while the source is away. It is called for
   * each absence. Its video needs the encoding of the source's video. Its sound needs the same parameters too, or viewers
   * hear none. Without fitting video, viewers wait as without a slate.
   * @default none
   */
  readonly slate?: CreateSlate | undefined
  /**
   * Maximum number of media that run on without a viewer; above it, the oldest ends. This limits
   * the sources that clients can start by requesting one path or query after another. 0 =
   * unlimited.
   * @default 100; unlimited if `lingerSeconds` is Infinity
   */
  readonly maxLingering?: number | undefined
  /**
   * Maximum seconds that a source may take to be created and to start. Afterwards the client gets 503. 0 = unlimited.
   * @default 10
   */
  readonly startTimeoutSeconds?: number | undefined
  /**
   * Serves paths below the mount point too. `request.path` contains the path.
   * @default false
   */
  readonly servesSubpaths?: boolean | undefined
  /**
   * Limits on the packets cached for each track from the last key frame on, so that new viewers
   * start at once; `false` = no cache.
   * @default { maxBytes: 8388608, maxSeconds: 10 }
   */
  readonly gopCache?: GopCacheOptions | false | undefined
  /**
   * Timeline that viewers see when the source jumps in RTP time, changes its SSRC or begins again.
   * `passThrough` = the source's own. `continuous` = one SSRC, and sequence numbers and timestamps
   * that continue. Seekable sources always pass through.
   * @default 'passThrough'
   */
  readonly timeline?: TimelinePolicy | undefined
  /**
   * Returns the key of a request: viewers with an equal key share a media. Leave out a query that
   * changes nothing, or every query that a client invents starts another source.
   * @default path and query
   */
  readonly sharedKey?: ((request: MediaRequest) => string) | undefined
  /**
   * Multicast addresses for the media: options, or a pool shared with other mounts; `false` = no
   * multicast.
   * @default the option `multicast` of the server
   */
  readonly multicast?: MulticastAddressPool | MulticastOptions | false | undefined
  /**
   * Accepts `Require: onvif-replay`, because the sources can be played in every {@link PlayManner} and send the RTP
   * header extension of ONVIF replay.
   * @default false
   */
  readonly onvifReplay?: boolean | undefined
  /**
   * Audio that clients may send to this mount (ONVIF back channel). Each media has one.
   * @default none
   */
  readonly backChannel?: BackChannelOptions | undefined
}

export const mediaFactoryDefaults = Object.freeze({
  shared: true,
  lingerSeconds: 10,
  holdSeconds: 0,
  slate: undefined,
  maxLingering: 100,
  startTimeoutSeconds: 10,
  servesSubpaths: false,
  gopCache: gopCacheDefaults,
  timeline: 'passThrough',
  onvifReplay: false,
  sharedKey: ({ path, query }: MediaRequest) => (query === undefined ? path : `${path}?${query}`),
  multicast: undefined,
  backChannel: undefined,
}) satisfies { [K in keyof Required<MediaFactoryOptions>]: MediaFactoryOptions[K] }

/** Options of a factory after their checks, with all defaults filled in. */
export type ResolvedMediaFactoryOptions = {
  readonly [K in Exclude<
    keyof MediaFactoryOptions,
    'gopCache' | 'multicast' | 'backChannel' | 'slate'
  >]-?: NonNullable<MediaFactoryOptions[K]>
} & {
  readonly gopCache: GopCacheLimits | false
  readonly multicast: MulticastAddressPool | false | undefined
  readonly backChannel: BackChannelOptions | undefined
  readonly slate: CreateSlate | undefined
}

export function resolveMediaFactoryOptions(
  options: MediaFactoryOptions,
): ResolvedMediaFactoryOptions {
  const defaults = mediaFactoryDefaults
  checkOptions('MediaFactory', options, Object.keys(defaults))
  if (options.backChannel !== undefined) checkBackChannelOptions(options.backChannel)
  const sharedKey = options.sharedKey ?? defaults.sharedKey
  checkFunction('sharedKey', sharedKey)
  if (options.slate !== undefined) checkFunction('slate', options.slate)
  return Object.freeze({
    shared: checkBoolean('shared', options.shared ?? defaults.shared),
    lingerSeconds: checkNumber('lingerSeconds', options.lingerSeconds ?? defaults.lingerSeconds),
    holdSeconds: checkNumber('holdSeconds', options.holdSeconds ?? defaults.holdSeconds),
    maxLingering: isForEver(options)
      ? 0
      : checkNumber('maxLingering', options.maxLingering ?? defaults.maxLingering),
    startTimeoutSeconds: checkNumber(
      'startTimeoutSeconds',
      options.startTimeoutSeconds ?? defaults.startTimeoutSeconds,
    ),
    servesSubpaths: checkBoolean(
      'servesSubpaths',
      options.servesSubpaths ?? defaults.servesSubpaths,
    ),
    gopCache: resolveGopCache(options.gopCache ?? defaults.gopCache) ?? false,
    timeline: checkTimeline('timeline', options.timeline ?? defaults.timeline),
    sharedKey,
    onvifReplay: checkBoolean('onvifReplay', options.onvifReplay ?? defaults.onvifReplay),
    multicast: resolveMulticast(options.multicast),
    backChannel: options.backChannel,
    slate: options.slate,
  })
}

/**
 * Returns the address pool for a value of the option `multicast`: options become a new pool. A pool, `false` and
 * `undefined` are returned unchanged.
 */
export function resolveMulticast<T extends false | undefined>(
  option: MulticastAddressPool | MulticastOptions | T,
): MulticastAddressPool | T {
  if (option === undefined || option === false) return option as T
  return option instanceof MulticastAddressPool ? option : new MulticastAddressPool(option)
}

const isForEver = ({ lingerSeconds, maxLingering }: MediaFactoryOptions): boolean =>
  lingerSeconds === Number.POSITIVE_INFINITY && maxLingering === undefined
