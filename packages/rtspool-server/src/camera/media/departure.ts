import type { Clock, ClockTimer } from 'rtspool'
import type { Faults, Spell } from '../faults.js'
import { type Random, seededRandom } from '../random.js'

const msPerSecond = 1000
const bitsPerByte = 8
/** Longest wait for a slow uplink in milliseconds; a packet that would wait longer is lost. */
const longestWaitMs = 2000

/** RTP packet that waits until `dueMs`, a time of the clock in milliseconds. */
interface Waiting {
  readonly packet: Buffer
  readonly dueMs: number
}

/** Properties of a {@link Departure}. */
export interface DepartureInit {
  readonly clock: Clock
  readonly faults: Pick<Faults, 'jitter' | 'stall' | 'freeze' | 'uplink' | 'seed'>
  readonly trackIndex: number
  readonly isVideo: boolean
  readonly send: (packet: Buffer) => void
}

/**
 * Delays the packets of a track (`jitter`, `uplink`), and drops those of a spell (`stall`, `freeze`) and
 * those that a slow uplink cannot carry in time.
 */
export class Departure {
  readonly #clock: Clock
  readonly #jitterMs: number
  /** Rate of the uplink in bits per millisecond, which is kbit/s; 0 = no limit. */
  readonly #uplink: number
  readonly #spells: readonly Spell[]
  readonly #random: Random
  readonly #send: (packet: Buffer) => void
  readonly #waiting: Waiting[] = []
  #startMs: number | undefined
  #lastDueMs = 0
  #timer: ClockTimer | undefined

  constructor({ clock, faults, trackIndex, isVideo, send }: DepartureInit) {
    this.#clock = clock
    this.#jitterMs = faults.jitter
    this.#uplink = faults.uplink
    this.#spells = isVideo ? [...faults.stall, ...faults.freeze] : faults.stall
    this.#random = seededRandom(faults.seed, trackIndex, 4)
    this.#send = send
  }

  /** Starts the time from which the beginnings of spells (`stall`, `freeze`) count: the camera plays from now on. */
  start(): void {
    this.#startMs = this.#clock.now()
  }

  push(packet: Buffer): void {
    const now = this.#clock.now()
    this.#startMs ??= now
    if (this.#isStalled((now - this.#startMs) / msPerSecond)) return
    if (this.#jitterMs === 0 && this.#uplink === 0) {
      this.#send(packet)
      return
    }
    const readyMs = this.#jitterMs === 0 ? now : now + this.#random() * this.#jitterMs
    const sendingMs = this.#uplink === 0 ? 0 : (packet.length * bitsPerByte) / this.#uplink
    const dueMs = Math.max(this.#lastDueMs, readyMs) + sendingMs
    if (this.#uplink > 0 && dueMs - now > longestWaitMs) return
    this.#lastDueMs = dueMs
    this.#waiting.push({ packet, dueMs })
    this.#timer ??= this.#wait(dueMs - now)
  }

  /** Drops the packets that wait to be sent. Idempotent. */
  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waiting.length = 0
  }

  #isStalled(seconds: number): boolean {
    return this.#spells.some(
      (spell) => seconds >= spell.atSeconds && seconds < spell.atSeconds + spell.seconds,
    )
  }

  #wait(delayMs: number): ClockTimer {
    return this.#clock.schedule(() => this.#sendDue(), delayMs, false)
  }

  #sendDue(): void {
    const now = this.#clock.now()
    let due = 0
    while ((this.#waiting[due]?.dueMs ?? Number.POSITIVE_INFINITY) <= now) due++
    for (const { packet } of this.#waiting.splice(0, due)) this.#send(packet)
    const [next] = this.#waiting
    this.#timer = next && this.#wait(next.dueMs - now)
  }
}
