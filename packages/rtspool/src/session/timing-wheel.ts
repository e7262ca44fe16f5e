/** Milliseconds of one tick: how much later than its time an item may come up. */
export const tickMs = 16

const slotBits = 5
const slotsPerLevel = 1 << slotBits
const slotMask = slotsPerLevel - 1
/** Seven levels of 32 slots span 2^35 ticks, 17 years; what lies further is filed again on the way. */
const levels = 7
const ticksPerSlot = Array.from({ length: levels }, (_, level) => slotsPerLevel ** level)
const furthestTicks = slotsPerLevel ** levels - 1

const nowhere = -1
const initialCapacity = 64

/**
 * Items by the time they come up: a hierarchical timing wheel. Filing and taking out cost the same
 * whatever it holds, and the next time that something happens is read from seven bit masks.
 *
 * ```text
 * level 0   32 slots of one tick (16 ms)       due when the tick is over
 * level 1   32 slots of 32 ticks (0.5 s)       spread over level 0 when their first tick comes
 * level 2   32 slots of 1,024 ticks (16 s)     spread over levels 0 and 1 …
 * ```
 *
 * Links are kept in typed arrays, addressed by a handle, so that an item costs 17 bytes, and neither
 * filing nor taking out gives the garbage collector anything to do.
 *
 * The wheel turns by {@link nextTick}, {@link open}, {@link take} and {@link close}: an item that is
 * taken is in no slot any more, so the caller may stop after any of them and go on later.
 */
export class TimingWheel<T extends object> {
  #items: (T | undefined)[] = []
  #next = new Int32Array(initialCapacity)
  #previous = new Int32Array(initialCapacity)
  /** Level and slot of each handle, or {@link nowhere}. */
  #where = new Int16Array(initialCapacity)
  #freeHandle = nowhere
  #size = 0
  readonly #heads = new Int32Array(levels * slotsPerLevel).fill(nowhere)
  readonly #occupied = new Int32Array(levels)
  /** The last tick that is over: everything filed for it has been taken. */
  #position: number

  /** @param now - Milliseconds; time never goes back behind it. */
  constructor(now: number) {
    this.#position = Math.floor(now / tickMs)
  }

  /** Gives an item a handle, under which it is filed. */
  add(item: T): number {
    let handle = this.#freeHandle
    if (handle === nowhere) {
      handle = this.#items.length
      if (handle === this.#next.length) this.#grow()
      this.#items.push(item)
    } else {
      this.#freeHandle = this.#next[handle] as number
      this.#items[handle] = item
    }
    this.#where[handle] = nowhere
    this.#size++
    return handle
  }

  /** Takes an item out and gives its handle back. */
  delete(handle: number): void {
    this.unfile(handle)
    this.#items[handle] = undefined
    this.#next[handle] = this.#freeHandle
    this.#freeHandle = handle
    if (--this.#size === 0 && this.#next.length > initialCapacity) this.#shrink()
  }

  /** Takes an item out of its slot, if it is in one. */
  unfile(handle: number): void {
    const where = this.#where[handle] as number
    if (where === nowhere) return
    const next = this.#next[handle] as number
    const previous = this.#previous[handle] as number
    if (next !== nowhere) this.#previous[next] = previous
    if (previous !== nowhere) this.#next[previous] = next
    else this.#setHead(where, next)
    this.#where[handle] = nowhere
  }

  /**
   * Files an item that is in no slot.
   *
   * @param at - Milliseconds; the item comes up at most one tick later, never earlier.
   * @returns The tick at which the slot is to be opened.
   */
  file(handle: number, at: number): number {
    const tick = Math.max(Math.ceil(at / tickMs), this.#position + 1)
    const ticksAhead = Math.min(tick - this.#position, furthestTicks)
    let level = 0
    while (ticksAhead > (ticksPerSlot[level] as number) * slotsPerLevel) level++
    const width = ticksPerSlot[level] as number
    const position = Math.floor((this.#position + ticksAhead) / width)
    const where = level * slotsPerLevel + (position % slotsPerLevel)
    const head = this.#heads[where] as number
    this.#next[handle] = head
    this.#previous[handle] = nowhere
    this.#where[handle] = where
    if (head !== nowhere) this.#previous[head] = handle
    else this.#occupied[level] = (this.#occupied[level] as number) | (1 << (where & slotMask))
    this.#heads[where] = handle
    return position * width
  }

  /** The tick at which the next slot is to be opened; `Infinity` when the wheel is empty. */
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
   * @param tick - What {@link nextTick} says.
   * @returns The slot that is to be emptied now: of those that begin at the tick, the widest.
   */
  open(tick: number): number {
    this.#position = Math.max(this.#position, tick - 1)
    let level = levels - 1
    while (level > 0 && !this.#beginsAt(level, tick)) level--
    return level * slotsPerLevel + ((tick / (ticksPerSlot[level] as number)) % slotsPerLevel)
  }

  /** Whether the items of a slot come up now, and are not only spread over finer slots. */
  isFinest(slot: number): boolean {
    return slot < slotsPerLevel
  }

  /** Says that a slot, opened at a tick, has been emptied. */
  close(slot: number, tick: number): void {
    if (this.isFinest(slot)) this.advanceTo(tick)
  }

  /** Takes one item out of an open slot; `undefined` when the slot is empty. */
  take(slot: number): T | undefined {
    const handle = this.#heads[slot] as number
    if (handle === nowhere) return undefined
    this.unfile(handle)
    return this.#items[handle]
  }

  /** The items of a slot, which stay in it. */
  itemsOf(slot: number): T[] {
    const items: T[] = []
    let handle = this.#heads[slot] as number
    while (handle !== nowhere) {
      items.push(this.#items[handle] as T)
      handle = this.#next[handle] as number
    }
    return items
  }

  /** Says that every tick up to this one is over; all their slots must be empty. */
  advanceTo(tick: number): void {
    this.#position = Math.max(this.#position, tick)
  }

  /** Whether an occupied slot of a level begins at a tick. */
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

  /** Gives the memory of a crowd back once everybody has left. */
  #shrink(): void {
    this.#items = []
    this.#freeHandle = nowhere
    this.#next = new Int32Array(initialCapacity)
    this.#previous = new Int32Array(initialCapacity)
    this.#where = new Int16Array(initialCapacity)
  }

  #grow(): void {
    const capacity = this.#next.length * 2
    this.#next = enlarged(this.#next, new Int32Array(capacity))
    this.#previous = enlarged(this.#previous, new Int32Array(capacity))
    this.#where = enlarged(this.#where, new Int16Array(capacity))
  }
}

function enlarged<A extends Int32Array | Int16Array>(from: A, to: A): A {
  to.set(from)
  return to
}

/** How many slots after the current one the next occupied one lies: 1 to 32. */
function slotsAhead(occupied: number, current: number): number {
  const first = (current + 1) & slotMask
  // The mask turned so that the slot after the current one is the lowest bit.
  const turned =
    first === 0 ? occupied : (occupied >>> first) | (occupied << (slotsPerLevel - first))
  return 32 - Math.clz32(turned & -turned)
}
