const whole = new Float64Array(1)
const halves = new Int32Array(whole.buffer)

// A number as two whole numbers of 32 bits. V8 keeps these in an object itself, but a number with a fraction in an object
// of its own behind it: one more place in memory to look at, and one more object for the garbage collector to move.

/** Splits a number; {@link lowHalf} and {@link highHalf} answer its halves until the next call. */
export function splitNumber(value: number): void {
  whole[0] = value
}

export function lowHalf(): number {
  return halves[0] as number
}

export function highHalf(): number {
  return halves[1] as number
}

/** The number that was split into these halves. */
export function joinHalves(low: number, high: number): number {
  halves[0] = low
  halves[1] = high
  return whole[0] as number
}
