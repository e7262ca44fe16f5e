import type { GopCacheLimits } from '../track/gop-cache-options.js'

/** RTP packets of one picture or one frame of sound of a live media, which have been sent. */
export interface SentUnit {
  /** Index of the track in the live media, from 0. */
  readonly track: number
  /** Time of the unit on the timeline that all tracks of the live media share, in seconds. */
  readonly position: number
  readonly packets: readonly Buffer[]
}

/** Memory in bytes of one kept picture or sound frame, without the contents of its packets. */
const entryBytes = 256

/**
 * Keeps the packets of all tracks since the last key frame, so that the first viewer begins with a picture at once.
 * Above a limit, nothing is kept until the next key frame.
 */
export class LiveBacklog {
  readonly #limits: GopCacheLimits | undefined
  /** Index of the first video track, with whose key frames the kept packets begin; `undefined` without video. */
  readonly #leader: number | undefined
  #units: SentUnit[] = []
  #sizeBytes = 0
  #isCollecting = false

  /**
   * Creates an empty backlog.
   *
   * @param limits - Limits on the kept packets; `undefined` = nothing is kept.
   * @param leader - Index of the first video track, with whose key frames the kept packets begin; `undefined` = nothing
   *   is kept.
   */
  constructor(limits: GopCacheLimits | undefined, leader: number | undefined) {
    this.#limits = limits
    this.#leader = leader
  }

  /**
   * Returns the packets of the kept pictures and sound frames, beginning with the key frame. If the key frame is older
   * than the limit, because nothing was written for a while, drops all units and returns none.
   *
   * @param now - Present position on the timeline, in seconds.
   */
  at(now: number): readonly SentUnit[] {
    const { maxSeconds = 0 } = this.#limits ?? {}
    if (now - (this.#units[0]?.position ?? now) > maxSeconds) this.clear()
    return this.#units
  }

  /**
   * Adds the packets of a picture or sound frame, unless it precedes the first key frame or exceeds a limit.
   *
   * @returns True if the packets are kept: nobody may then change their bytes.
   */
  add(unit: SentUnit, isKey: boolean): boolean {
    if (!this.#limits || this.#leader === undefined) return false
    if (isKey && unit.track === this.#leader) this.#begin(unit)
    else if (this.#isCollecting) this.#units.push(unit)
    else return false
    this.#sizeBytes += sizeOf(unit)
    const seconds = unit.position - (this.#units[0]?.position ?? unit.position)
    if (this.#sizeBytes > this.#limits.maxBytes || seconds > this.#limits.maxSeconds) this.clear()
    return this.#isCollecting
  }

  clear(): void {
    this.#units = []
    this.#sizeBytes = 0
    this.#isCollecting = false
  }

  /**
   * Drops the kept packets, and begins anew with a key frame. Units of other tracks with a later position, though
   * written earlier, follow the key frame: a media's cache keeps sound from a key frame on.
   */
  #begin(key: SentUnit): void {
    const later = this.#units.filter(
      ({ track, position }) => track !== this.#leader && position >= key.position,
    )
    this.#units = [key, ...later]
    this.#sizeBytes = later.reduce((sum, unit) => sum + sizeOf(unit), 0)
    this.#isCollecting = true
  }
}

const sizeOf = ({ packets }: SentUnit): number =>
  packets.reduce((sum, packet) => sum + packet.length, entryBytes)
