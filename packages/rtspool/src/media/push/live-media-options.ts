import type { Clock } from '../../clock.js'
import { systemClock } from '../../clock.js'
import {
  checkClock,
  checkNumber,
  checkOptions,
  isRecord,
  kindOf,
  shown,
} from '../../option-checks.js'
import type { MediaFactoryOptions } from '../media-factory-options.js'
import { mediaFactoryDefaults } from '../media-factory-options.js'
import { type GopCacheLimits, resolveGopCache } from '../track/gop-cache-options.js'
import type { TrackFormat } from './formats/track-format.js'

/** Options of {@link LiveMedia}. Only `tracks` is required. */
export interface LiveMediaOptions<Formats extends readonly TrackFormat[] = readonly TrackFormat[]>
  extends Omit<
    MediaFactoryOptions,
    | 'shared'
    | 'sharedKey'
    | 'maxLingering'
    | 'holdSeconds'
    | 'slate'
    | 'startTimeoutSeconds'
    | 'servesSubpaths'
    | 'timeline'
    | 'onvifReplay'
  > {
  /** Formats of the tracks, in the order of the description: `[h264(), aac()]`. */
  readonly tracks: Formats
  /**
   * Name of the presentation in `s=`.
   * @default none
   */
  readonly name?: string | undefined
  /**
   * Seconds for which a DESCRIBE waits for the parameters of the streams: those that come with the first key frame or
   * the first frame of sound. Afterwards the client gets a description of the known tracks, or 503 if there are none.
   * 0 = does not wait.
   * @default 3
   */
  readonly parametersTimeoutSeconds?: number | undefined
  /**
   * Clock by which units without a time are placed, and that relates the times of the tracks to the time of day.
   * @default the clock of the machine
   */
  readonly clock?: Clock | undefined
}

export const liveMediaDefaults = Object.freeze({
  name: '',
  parametersTimeoutSeconds: 3,
  clock: systemClock,
  lingerSeconds: mediaFactoryDefaults.lingerSeconds,
  gopCache: mediaFactoryDefaults.gopCache,
  multicast: mediaFactoryDefaults.multicast,
  backChannel: mediaFactoryDefaults.backChannel,
}) satisfies { [K in keyof Required<Omit<LiveMediaOptions, 'tracks'>>]: LiveMediaOptions[K] }

export interface ResolvedLiveMediaOptions {
  readonly tracks: readonly TrackFormat[]
  readonly name: string
  readonly parametersTimeoutMs: number
  readonly clock: Clock
  readonly gopCache: GopCacheLimits | undefined
}

/** Maximum number of tracks: more than any player shows. Their payload types, from 96 on, end at 127. */
const maxTracks = 16

/**
 * Checks the options of a live media, and fills in the defaults.
 *
 * @throws {RangeError | TypeError} Names the wrong option.
 */
export function resolveLiveMediaOptions(options: LiveMediaOptions): ResolvedLiveMediaOptions {
  const defaults = liveMediaDefaults
  checkOptions('LiveMedia', options, ['tracks', ...Object.keys(defaults)])
  const { tracks, name = defaults.name, clock = defaults.clock } = options
  checkTracks(tracks)
  checkClock(clock)
  if (typeof name !== 'string') throw new TypeError(`name must be a string, got ${shown(name)}`)
  const seconds = options.parametersTimeoutSeconds ?? defaults.parametersTimeoutSeconds
  return {
    tracks,
    name,
    parametersTimeoutMs: checkNumber('parametersTimeoutSeconds', seconds) * 1000,
    clock,
    gopCache: resolveGopCache(options.gopCache ?? defaults.gopCache),
  }
}

function checkTracks(tracks: unknown): void {
  if (!Array.isArray(tracks) || tracks.length === 0 || tracks.length > maxTracks) {
    throw new TypeError(`tracks must be a list of 1 to ${maxTracks} formats, got ${shown(tracks)}`)
  }
  for (const format of tracks) {
    if (isRecord(format) && typeof format.encoding === 'string') continue
    const expected = 'formats such as h264() or aac()'
    throw new TypeError(`tracks must contain ${expected}, got ${kindOf(format)}`)
  }
}
