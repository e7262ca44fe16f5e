const initialCapacity = 64
/** Numbers of a session, in one cache line: last access, grace, bound, creation. */
const stride = 4
const grace = 1
const bound = 2
const creation = 3

/**
 * When sessions were last heard of, and when they are due, by handle; milliseconds of the clock.
 *
 * In one typed array, and not in the sessions: then finding a session writes one number next to the two
 * that it has read, and touches no object; nothing is allocated.
 */
export class SessionTimes {
  #values = new Float64Array(initialCapacity * stride)

  /** Starts the time of a session. */
  begin(handle: number, now: number, graceMs: number, boundAt: number): void {
    const base = handle * stride
    if (base >= this.#values.length) this.#grow()
    this.#values[base] = now
    this.#values[base + grace] = graceMs
    this.#values[base + bound] = boundAt
    this.#values[base + creation] = now
  }

  lastAccessAt(handle: number): number {
    return this.#values[handle * stride] as number
  }

  createdAt(handle: number): number {
    return this.#values[handle * stride + creation] as number
  }

  /** When a session is due: its grace after the last access, or at its bound; `Infinity` = never. */
  dueAt(handle: number): number {
    const base = handle * stride
    const values = this.#values
    const silentAt = (values[base] as number) + (values[base + grace] as number)
    const boundAt = values[base + bound] as number
    return Math.min(silentAt, boundAt)
  }

  /**
   * Notes a sign of life, which never lies before the last one.
   *
   * @returns `false` when the session is due; then nothing has changed.
   */
  touch(handle: number, now: number): boolean {
    if (this.dueAt(handle) <= now) return false
    const base = handle * stride
    if (now > (this.#values[base] as number)) this.#values[base] = now
    return true
  }

  /** Changes how long a session may be silent. */
  setGrace(handle: number, graceMs: number): void {
    this.#values[handle * stride + grace] = graceMs
  }

  /** Changes when a session is due whatever its client does. */
  setBound(handle: number, boundAt: number): void {
    this.#values[handle * stride + bound] = boundAt
  }

  /** Gives the memory of a crowd back once everybody has left. */
  reset(): void {
    this.#values = new Float64Array(initialCapacity * stride)
  }

  #grow(): void {
    const values = new Float64Array(this.#values.length * 2)
    values.set(this.#values)
    this.#values = values
  }
}
