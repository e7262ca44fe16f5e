import type { TrackInfo } from './track.js'

/** One access unit of a track: a picture with the units around it, or a frame of audio. */
export interface AccessUnit {
  readonly track: TrackInfo
  /**
   * NAL units of H.264 and H.265 without start codes, or the one frame of audio, or the payloads as
   * received for encodings that the library does not parse. A key frame has its parameter sets.
   * Other readers share the buffers: do not change them.
   */
  readonly parts: readonly Buffer[]
  /** RTP timestamp in ticks of the track's clock rate, modulo 2^32. */
  readonly timestamp: number
  /** Time of the access unit by the source's wall clock, in milliseconds since 1970; `undefined` if it is not known. */
  readonly unixTimeMs: number | undefined
  /** True if a decoder can begin with the unit. */
  readonly isKeyFrame: boolean
  /**
   * Number of packets of the track, since its previous unit, that were left out because the
   * application read too slowly.
   */
  readonly missedPackets: number
  /**
   * Number of packets of the track, since its previous unit, that never arrived or could not be
   * parsed.
   */
  readonly lostPackets: number
}

/**
 * Function that `server.readEach` calls with each access unit. The parts of the unit are valid until the function
 * returns, or until the promise that it returns settles: copy the bytes that you keep.
 */
export type UnitVisit = (unit: AccessUnit) => void | Promise<void>

/** Options of `server.read` and `server.readEach`; all optional. */
export interface ReadOptions {
  /** Ends the reading: the iteration, or the promise of `readEach`, fails with the reason of the signal. @default never */
  readonly signal?: AbortSignal | undefined
  /**
   * First access unit: `keyFrame` = the last key frame in the cache for new viewers, or else the
   * next one; `now` = the next unit of any kind.
   * @default 'keyFrame'
   */
  readonly from?: 'keyFrame' | 'now' | undefined
  /**
   * Maximum bytes of packets that the application has not read yet. Further packets are left out,
   * up to a key frame after half of them have been read. 0 = unlimited.
   * @default 16777216 (16 MiB)
   */
  readonly maxQueuedBytes?: number | undefined
  /**
   * True for a program that shows the units to nobody, such as a recorder. While a publisher over TCP has no other
   * reader, the server reads its packets every 50 ms, which saves CPU.
   * @default false
   */
  readonly allowsDelay?: boolean | undefined
}
