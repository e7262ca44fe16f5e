const whole = new Float64Array(1)
const halves = new Int32Array(whole.buffer)

// A number as two 32-bit integers. V8 stores these in the object itself, but a number with a
// fraction in a separate heap object. That would cost another memory access and another object for
// the garbage collector.

/**
 * Splits a number into two integers for storage in an `Int32Array`. {@link lowHalf} and {@link highHalf} return the
 * integers until the next call.
 */
export function splitNumber(value: number): void {
  whole[0] = value
}

export function lowHalf(): number {
  return halves[0] as number
}

export function highHalf(): number {
  return halves[1] as number
}

/** Returns the number that {@link splitNumber} has split into these two integers. */
export function joinHalves(low: number, high: number): number {
  halves[0] = low
  halves[1] = high
  return whole[0] as number
}
