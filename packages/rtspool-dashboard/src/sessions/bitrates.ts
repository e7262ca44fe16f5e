import type { SessionView } from '../api/session-view.js'

/** A session as the API returns it, with the bitrate that the page has computed. */
export interface SessionRow extends SessionView {
  /** Bits per second in both directions since the previous read; absent at the first read. */
  readonly bitrate?: number
}

interface Reading {
  readonly bytes: number
  readonly at: number
  readonly bitrate: number | undefined
}

/**
 * Minimum milliseconds between two reads from which a bitrate is computed. With closer reads, the bitrate is too
 * inexact.
 */
const shortestMs = 500
const bitsPerByte = 8

/** Computes bitrates of sessions from their byte counts in two reads of the API. */
export class Bitrates {
  #readings = new Map<string, Reading>()
  #previous = new Map<string, Reading>()

  /**
   * Returns a session with its bitrate since the read before; without one at the first read.
   *
   * @param at - Time of the read, in milliseconds of a monotonic clock.
   */
  add(session: SessionView, at: number): SessionRow {
    const { publicId, stats } = session
    const bytes = stats.bytesIn + stats.bytesOut
    const before = this.#readings.get(publicId) ?? this.#previous.get(publicId)
    if (before && at - before.at < shortestMs) return withBitrate(session, before.bitrate)
    const bitrate =
      before && Math.max(0, bytes - before.bytes) * ((bitsPerByte * 1000) / (at - before.at))
    this.#readings.set(publicId, { bytes, at, bitrate })
    return withBitrate(session, bitrate)
  }

  /** Removes the byte counts of sessions that were not read since the previous call. Call this at intervals. */
  forget(): void {
    this.#previous = this.#readings
    this.#readings = new Map()
  }
}

const withBitrate = (session: SessionView, bitrate: number | undefined): SessionRow =>
  bitrate === undefined ? session : { ...session, bitrate }
