import {
  HandleRecords,
  recordSize,
  wheelNextField,
  wheelPreviousField,
  wheelSlotField,
} from './handle-records.js'

/**
 * Milliseconds of one tick, the unit of time of the timing wheel. A session is removed at most one tick after it is
 * due to expire.
 */
export const tickMs = 16

const slotBits = 5
const slotsPerLevel = 1 << slotBits
const slotMask = slotsPerLevel - 1
/**
 * Number of levels of the timing wheel. Seven levels of 32 slots span 2^35 ticks, which are 17 years. Items further
 * in the future are filed again when their slot is opened.
 */
const levels = 7
const ticksPerSlot = Array.from({ length: levels }, (_, level) => slotsPerLevel ** level)
const furthestTicks = slotsPerLevel ** levels - 1

const nowhere = -1

/**
 * Hierarchical timing wheel: finds handles when their time comes. Filing and removing cost the same
 * for any number of handles. Seven bit masks give the next time at which something happens.
 *
 * ```text
 * level 0   32 slots of one tick (16 ms)       due when the tick is over
 * level 1   32 slots of 32 ticks (0.5 s)       spread over level 0 when their first tick comes
 * level 2   32 slots of 1,024 ticks (16 s)     spread over levels 0 and 1 …
 * ```
 *
 * A handle is a small whole number that stands for an item. The links are in a typed array, so
 * filing and removing create no garbage.
 *
 * The caller turns the wheel by {@link nextTick}, {@link open}, {@link take} and {@link close}. An
 * item that has been taken is in no slot any more, so the caller may stop after any item and
 * continue later.
 */
export class TimingWheel {
  readonly #records: HandleRecords
  readonly #heads = new Int32Array(levels * slotsPerLevel).fill(nowhere)
  readonly #occupied = new Int32Array(levels)
  /** Last finished tick of the wheel. All handles filed for this tick or an earlier one have been taken. */
  #position: number

  /**
   * Creates an empty wheel.
   *
   * @param now - Present time in milliseconds. Handles filed for an earlier time are found at the
   * next tick.
   * @param records - Storage for the links, which the structures of one pool share.
   */
  constructor(now: number, records = new HandleRecords()) {
    this.#records = records
    this.#position = Math.floor(now / tickMs)
  }

  /** Removes a handle from its slot of the wheel, if it is in one. */
  unfile(handle: number): void {
    const { ints } = this.#records
    const base = handle * recordSize
    const where = (ints[base + wheelSlotField] as number) - 1
    if (where === nowhere) return
    const next = ints[base + wheelNextField] as number
    const previous = ints[base + wheelPreviousField] as number
    if (next !== nowhere) ints[next * recordSize + wheelPreviousField] = previous
    if (previous !== nowhere) ints[previous * recordSize + wheelNextField] = next
    else this.#setHead(where, next)
    ints[base + wheelSlotField] = 0
  }

  /**
   * Files a handle, which must be in no slot, for a time.
   *
   * @param at - Time in milliseconds. The handle is found at most one tick later, never earlier.
   * @returns The tick at which its slot must be opened.
   */
  file(handle: number, at: number): number {
    this.#records.reserve(handle)
    const tick = Math.max(Math.ceil(at / tickMs), this.#position + 1)
    const ticksAhead = Math.min(tick - this.#position, furthestTicks)
    let level = 0
    while (ticksAhead > (ticksPerSlot[level] as number) * slotsPerLevel) level++
    const width = ticksPerSlot[level] as number
    const position = Math.floor((this.#position + ticksAhead) / width)
    const where = level * slotsPerLevel + (position % slotsPerLevel)
    const head = this.#heads[where] as number
    const { ints } = this.#records
    const base = handle * recordSize
    ints[base + wheelNextField] = head
    ints[base + wheelPreviousField] = nowhere
    ints[base + wheelSlotField] = where + 1
    if (head !== nowhere) ints[head * recordSize + wheelPreviousField] = handle
    else this.#occupied[level] = (this.#occupied[level] as number) | (1 << (where & slotMask))
    this.#heads[where] = handle
    return position * width
  }

  /** Returns the tick at which the next slot must be opened; `Infinity` if the wheel is empty. */
  nextTick(): number {
    let earliest = Number.POSITIVE_INFINITY
    for (let level = 0; level < levels; level++) {
      const occupied = this.#occupied[level] as number
      if (occupied === 0) continue
      const width = ticksPerSlot[level] as number
      const current = Math.floor(this.#position / width)
      earliest = Math.min(earliest, (current + slotsAhead(occupied, current)) * width)
    }
    return earliest
  }

  /**
   * Turns the wheel to just before a tick.
   *
   * @param tick - Result of {@link nextTick}.
   * @returns The slot whose handles must be taken now: the one that spans the most ticks, among
   * those that begin at the tick.
   */
  open(tick: number): number {
    this.#position = Math.max(this.#position, tick - 1)
    let level = levels - 1
    while (level > 0 && !this.#beginsAt(level, tick)) level--
    return level * slotsPerLevel + ((tick / (ticksPerSlot[level] as number)) % slotsPerLevel)
  }

  /**
   * Returns whether a slot spans a single tick, so that its handles are due when it is opened.
   * Handles of a wider slot must be filed again, in narrower slots.
   */
  isFinest(slot: number): boolean {
    return slot < slotsPerLevel
  }

  /**
   * Ends the work on a slot that {@link open} returned: all its handles have been taken. If the
   * slot spans one tick, that tick is finished.
   */
  close(slot: number, tick: number): void {
    if (this.isFinest(slot)) this.advanceTo(tick)
  }

  /** Removes and returns one handle of an open slot; `undefined` if the slot is empty. */
  take(slot: number): number | undefined {
    const handle = this.#heads[slot] as number
    if (handle === nowhere) return undefined
    this.unfile(handle)
    return handle
  }

  /** Returns the handles in a slot of the wheel without removing them. */
  handlesOf(slot: number): number[] {
    const handles: number[] = []
    let handle = this.#heads[slot] as number
    while (handle !== nowhere) {
      handles.push(handle)
      handle = this.#records.ints[handle * recordSize + wheelNextField] as number
    }
    return handles
  }

  /** Notes that every tick up to `tick` is finished. The slots of these ticks must be empty. */
  advanceTo(tick: number): void {
    this.#position = Math.max(this.#position, tick)
  }

  /** Returns whether an occupied slot of a level of the wheel begins at a tick, and must be opened then. */
  #beginsAt(level: number, tick: number): boolean {
    const width = ticksPerSlot[level] as number
    if (tick % width !== 0) return false
    const slot = (tick / width) % slotsPerLevel
    return ((this.#occupied[level] as number) & (1 << slot)) !== 0
  }

  #setHead(where: number, handle: number): void {
    this.#heads[where] = handle
    if (handle !== nowhere) return
    const level = where >> slotBits
    this.#occupied[level] = (this.#occupied[level] as number) & ~(1 << (where & slotMask))
  }
}

/**
 * Returns the distance from the current slot of a level of the wheel to the next occupied one: 1 to 32.
 *
 * @param occupied - Bit mask of the occupied slots; not 0.
 * @param current - Current slot, or a number that is equal to it modulo 32.
 */
function slotsAhead(occupied: number, current: number): number {
  const first = (current + 1) & slotMask
  // The mask, rotated so that the slot after the current one is the lowest bit.
  const turned =
    first === 0 ? occupied : (occupied >>> first) | (occupied << (slotsPerLevel - first))
  return 32 - Math.clz32(turned & -turned)
}
