/** Functions to call once all bytes of the present read of a connection have been handled. */
let waiting: (() => void)[] = []
let isReading = false
/** Number of the last read, from 1 to `maxRead`, and then from 1 again: V8 keeps numbers of 30 bits without memory. */
let read = 0
const maxRead = 2 ** 30 - 1

/**
 * Returns a number that is the same for all bytes of the present read of a connection, and not that of the read before;
 * 0 outside of a read.
 */
export const presentRead = (): number => (isReading ? read : 0)

/**
 * Notes that the bytes of one read of a connection are handled from here on. Call {@link endRead} afterwards, in any
 * case.
 *
 * @returns `false` inside another read, which must be the only one that is ended.
 */
export function beginRead(): boolean {
  if (isReading) return false
  isReading = true
  read = read < maxRead ? read + 1 : 1
  return true
}

/**
 * Calls the functions that {@link atEndOfRead} has collected since {@link beginRead}, in order. All are called, even if
 * one throws.
 *
 * @throws The error of the last function that has thrown.
 */
export function endRead(): void {
  isReading = false
  if (waiting.length === 0) return
  const calls = waiting
  waiting = []
  callAll(calls, 0)
}

/**
 * Calls a function once all bytes of the present read of a connection have been handled. A frame thus leaves without
 * another turn of the event loop.
 *
 * @param call - Must not throw.
 * @returns `false` if no read is being handled: the function is not called then.
 */
export function atEndOfRead(call: () => void): boolean {
  if (isReading) waiting.push(call)
  return isReading
}

function callAll(calls: readonly (() => void)[], first: number): void {
  let next = first
  try {
    while (next < calls.length) calls[next++]?.()
  } finally {
    if (next < calls.length) callAll(calls, next)
  }
}
