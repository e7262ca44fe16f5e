import { checkNumber, checkOptions, isRecord, shown } from '../../option-checks.js'

/**
 * Limits on the packets that are cached for one track, so that new viewers can begin with a key
 * frame.
 */
export interface GopCacheLimits {
  /**
   * Maximum number of bytes cached for one track. Above the limit, all cached packets are dropped,
   * and the cache fills again from the next key frame on. It also limits the number of packets: one
   * for each 512 bytes, but at least 16,384. 0 = keep nothing.
   */
  readonly maxBytes: number
  /**
   * Maximum seconds from the first to the last timestamp of the cached packets. Above the limit,
   * all cached packets are dropped.
   */
  readonly maxSeconds: number
}

/** Limits on cached packets as an option: each may be absent, and then has its default. */
export type GopCacheOptions = { readonly [K in keyof GopCacheLimits]?: number | undefined }

/**
 * Limits on the packets that a server caches for new viewers, for each track and for all streams.
 */
export interface ServerGopCacheOptions extends GopCacheOptions {
  /**
   * Maximum memory in bytes that the cached packets of all streams use, including streams of the
   * application's own media. One publication or one media may use a quarter. Above the limit, the
   * caches with the oldest key frames are emptied, unwatched streams first. 0 = keep nothing,
   * `Infinity` = unlimited.
   */
  readonly totalBytes?: number | undefined
}

export const gopCacheDefaults: GopCacheLimits = Object.freeze({
  maxBytes: 8 * 1024 * 1024,
  maxSeconds: 10,
})

export const defaultGopCacheTotalBytes = 256 * 1024 * 1024

/**
 * Checks the option of a media, and fills in the defaults.
 *
 * @returns The limits; `undefined` for `false`, which means that no packets are cached.
 * @throws {RangeError} If a limit is not a number from 0.
 * @throws {TypeError} If the value is not an object, or has an unknown option.
 */
export function resolveGopCache(limits: GopCacheOptions | false): GopCacheLimits | undefined {
  return resolveLimits(limits, Object.keys(gopCacheDefaults))
}

/** Checks the option of a server, and fills in the defaults. Throws like {@link resolveGopCache}. */
export function resolveServerGopCache(options: ServerGopCacheOptions | false): {
  readonly gopCache: GopCacheLimits | undefined
  readonly gopCacheTotalBytes: number
} {
  const gopCache = resolveLimits(options, [...Object.keys(gopCacheDefaults), 'totalBytes'])
  const { totalBytes = defaultGopCacheTotalBytes } = options || {}
  return { gopCache, gopCacheTotalBytes: checkNumber('gopCache.totalBytes', totalBytes) }
}

function resolveLimits(
  limits: GopCacheOptions | false,
  known: readonly string[],
): GopCacheLimits | undefined {
  if (limits === false) return undefined
  if (!isRecord(limits)) {
    throw new TypeError(`gopCache must be false or an object, got ${shown(limits)}`)
  }
  checkOptions('gopCache', limits, known)
  return Object.freeze({
    maxBytes: checkNumber('gopCache.maxBytes', limits.maxBytes ?? gopCacheDefaults.maxBytes),
    maxSeconds: checkNumber(
      'gopCache.maxSeconds',
      limits.maxSeconds ?? gopCacheDefaults.maxSeconds,
    ),
  })
}
