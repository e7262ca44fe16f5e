import type { EventEmitter } from 'node:events'

/** An error of a listener is not one of whoever caused the event: it comes up on its own, uncaught. */
export function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}

/** Tells the listeners of an event; what one of them throws is not the business of who caused it. */
export function tell<E extends Record<keyof E, unknown[]>, K extends keyof E & string>(
  emitter: EventEmitter<E>,
  event: K,
  ...args: E[K]
): void {
  try {
    ;(emitter as EventEmitter).emit(event, ...args)
  } catch (error) {
    throwLater(error)
  }
}
