import type { Clock } from '../../clock.js'
import { disown, tellFailure } from '../../listeners.js'
import { LoopDelay } from './loop-delay.js'
import type { ResolvedOverloadOptions } from './overload-options.js'
import { noPressure, type PressureParts } from './pressure.js'
import type { ProcessGauge } from './pressure-gauge.js'

/** A connection with unsent bytes. */
export interface QueueOfClient {
  /** Number of bytes that wait in the process for the client. */
  readonly queuedBytes: number
}

/** Measures the parts of the pressure, or calls the application's function for them. */
export class PressureMeter {
  readonly #loop: LoopDelay
  readonly #gauge: ProcessGauge
  readonly #connections: Iterable<QueueOfClient>

  constructor(clock: Clock, gauge: ProcessGauge, connections: Iterable<QueueOfClient>) {
    this.#loop = new LoopDelay(clock)
    this.#gauge = gauge
    this.#connections = connections
  }

  /** Starts to watch the event loop. Idempotent. */
  start(): void {
    this.#loop.start()
  }

  /** Stops the measurement of the event loop. Idempotent. */
  stop(): void {
    this.#loop.stop()
  }

  /**
   * Returns the present parts of the pressure, and begins a new period for the delay of the event
   * loop.
   */
  measure({ maxLoopDelayMs, maxQueuedBytes, measure }: ResolvedOverloadOptions): PressureParts {
    const delayMs = this.#loop.take()
    const given = measure && partsOf(measure)
    return {
      heap: given?.heap ?? this.#gauge.heap(),
      memory: given?.memory ?? this.#gauge.memory(),
      loopDelay: given?.loopDelay ?? shareOf(delayMs, maxLoopDelayMs),
      queues: given?.queues ?? shareOf(this.queuedBytes(), maxQueuedBytes),
    }
  }

  /** Returns the number of bytes that wait in the process for all clients. */
  queuedBytes(): number {
    let sum = 0
    for (const { queuedBytes } of this.#connections) sum += queuedBytes
    return sum
  }
}

/** Returns a value as a share of its limit, so that 1 = at the limit. @param limit - With 0, the result is 0. */
const shareOf = (value: number, limit: number): number => (limit > 0 ? value / limit : 0)

const partNames = Object.keys(noPressure) as (keyof PressureParts)[]

/**
 * Calls the application's function that measures parts of the load. A part that is not a number of
 * at least 0 is left out, and measured by the server.
 */
function partsOf(measure: () => Partial<PressureParts>): Partial<PressureParts> {
  try {
    const answer: Partial<Record<string, unknown>> = measure() ?? {}
    disown('measure of overload', answer)
    const isNumber = (name: string) =>
      Number.isFinite(answer[name]) && (answer[name] as number) >= 0
    return Object.fromEntries(partNames.filter(isNumber).map((name) => [name, answer[name]]))
  } catch (error) {
    tellFailure('measure of overload', error)
    return {}
  }
}
