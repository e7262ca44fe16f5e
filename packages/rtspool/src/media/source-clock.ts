/**
 * The wall clock of whoever captured a media, beside our own. Tracks that have not heard the source's clock yet
 * are timed by their arrival here; all tracks of a media must still be on one clock.
 */
export class SourceClock {
  /** Source minus ours, from its first report. */
  #differenceMs: number | undefined
  #isOursAnnounced = false

  /** An instant of our clock on the clock that viewers are told. */
  fromOurs(unixMs: number): number {
    return this.#isOursAnnounced ? unixMs : unixMs + (this.#differenceMs ?? 0)
  }

  /**
   * An instant of the source's clock on the clock that viewers are told.
   *
   * @param oursMs - Our clock at the same instant.
   */
  fromSource(unixMs: number, oursMs: number): number {
    this.#differenceMs ??= unixMs - oursMs
    return this.#isOursAnnounced ? unixMs - this.#differenceMs : unixMs
  }

  /** Viewers have been told our clock, for want of a better one: they are never told another. */
  announceOurs(): void {
    this.#isOursAnnounced ||= this.#differenceMs === undefined
  }
}
