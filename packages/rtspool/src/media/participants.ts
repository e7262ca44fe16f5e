import type { Clock, ClockTimer } from '../clock.js'

/** A stream that uses a media and is notified when the media ends. */
export interface MediaParticipant {
  /** Called when the media has ended. The stream must then remove itself from the media. */
  mediaEnded(): void
  /**
   * Called when a stored presentation has been sent to the end of the requested range: nothing more is sent before the
   * next PLAY.
   */
  rangeEnded?(): void
  /**
   * True while much of what was sent still waits for the viewer, so that a source without a pace of its own must wait.
   */
  readonly isBacklogged?: boolean
  /** Called about every 5 s, at random times: the stream must send its RTCP reports then. */
  sendRtcp?(): void
}

/** Milliseconds between two checks of the backlogs while a caller waits in {@link Participants.drained}. */
const drainCheckMs = 5

/**
 * Participants of a media: viewers and publisher. After the last has left, the media continues for
 * some time.
 */
export class Participants {
  readonly #clock: Clock
  #lingerMs: number
  readonly #onLeft: () => void
  readonly #participants = new Set<MediaParticipant>()
  readonly #observers = new Set<MediaParticipant>()
  #wasJoined = false
  #hasEnded = false
  #lingerTimer: ClockTimer | undefined

  /**
   * Creates an empty set of participants.
   *
   * @param lingerMs - Milliseconds without participants, since the creation or since the last has
   * left; Infinity = for ever.
   * @param onLeft - Called when this time has passed.
   */
  constructor(clock: Clock, lingerMs: number, onLeft: () => void) {
    this.#clock = clock
    this.#lingerMs = lingerMs
    this.#onLeft = onLeft
    this.#linger()
  }

  get count(): number {
    return this.#participants.size
  }

  /**
   * True after the last participant has left. False before the first one, because the media is new.
   */
  get isLingering(): boolean {
    return this.#wasJoined && this.#participants.size === 0
  }

  /** Changes for how many milliseconds the media continues without participants. The time counts from now on. */
  set lingerMs(lingerMs: number) {
    if (lingerMs === this.#lingerMs) return
    this.#lingerMs = lingerMs
    if (this.#participants.size > 0) return
    this.#lingerTimer?.cancel()
    this.#linger()
  }

  join(participant: MediaParticipant): void {
    this.#participants.add(participant)
    this.#wasJoined = true
    this.#lingerTimer?.cancel()
    this.#lingerTimer = undefined
  }

  /**
   * Adds a participant that is only notified of the end: it does not keep the media alive, and {@link count} does not
   * include it.
   */
  observe(observer: MediaParticipant): void {
    this.#observers.add(observer)
  }

  leave(participant: MediaParticipant): void {
    if (this.#observers.delete(participant)) return
    if (this.#participants.delete(participant) && this.#participants.size === 0) this.#linger()
  }

  sendRtcp(): void {
    for (const participant of this.#participants) participant.sendRtcp?.()
  }

  /**
   * Resolves when no participant has `isBacklogged`, or when the media has ended. Checks every 5 ms, because
   * connections do not tell.
   */
  async drained(): Promise<void> {
    const isBacklogged = (): boolean =>
      !this.#hasEnded && [...this.#participants].some((each) => each.isBacklogged)
    while (isBacklogged()) {
      await new Promise<void>((resolve) => {
        this.#clock.schedule(resolve, drainCheckMs, false)
      })
    }
  }

  /** Notifies all participants that a stored presentation has been sent to the end of the requested range. */
  rangeEnded(): void {
    for (const participant of [...this.#participants]) participant.rangeEnded?.()
  }

  /** Notifies all participants that the media has ended. */
  end(): void {
    this.#hasEnded = true
    this.#lingerTimer?.cancel()
    for (const each of [...this.#participants, ...this.#observers]) each.mediaEnded()
    this.#participants.clear()
    this.#observers.clear()
  }

  #linger(): void {
    if (this.#hasEnded || this.#lingerMs === Number.POSITIVE_INFINITY) return
    this.#lingerTimer?.cancel()
    this.#lingerTimer = this.#clock.schedule(this.#onLeft, this.#lingerMs, false)
  }
}
