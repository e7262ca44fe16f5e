/** A random generator with the same numbers in every run: xorshift of 32 bits. */
export class SeededRandom {
  #state: number

  /** @param seed - Any number but 0. */
  constructor(seed: number) {
    this.#state = seed
  }

  /** Returns a whole number from 0 up to, not including, `end`. */
  below(end: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % Math.max(end, 1)
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item
  }
}

/** Bytes with a meaning for a parser. */
const telling = Buffer.from('\0\t\n\r "$%,-./0:;=?[\\]\x7f\x80\xff', 'latin1')

type Mutation = (wire: Buffer, random: SeededRandom, seeds: readonly Buffer[]) => Buffer

const slice = (wire: Buffer, random: SeededRandom): Buffer => {
  const start = random.below(wire.length)
  return wire.subarray(start, start + 1 + random.below(Math.min(wire.length - start, 64)))
}

const insertAt = (wire: Buffer, at: number, bytes: Buffer): Buffer =>
  Buffer.concat([wire.subarray(0, at), bytes, wire.subarray(at)])

const mutations: readonly Mutation[] = [
  function flip(wire, random) {
    const mutated = Buffer.from(wire)
    const at = random.below(wire.length)
    if (wire.length > 0) mutated[at] = (mutated[at] as number) ^ (1 << random.below(8))
    return mutated
  },
  function replace(wire, random) {
    const mutated = Buffer.from(wire)
    if (wire.length > 0) mutated[random.below(wire.length)] = random.pick([...telling])
    return mutated
  },
  function insert(wire, random) {
    return insertAt(wire, random.below(wire.length + 1), slice(telling, random))
  },
  function remove(wire, random) {
    const at = random.below(wire.length)
    return Buffer.concat([wire.subarray(0, at), wire.subarray(at + 1 + random.below(16))])
  },
  function duplicate(wire, random) {
    return insertAt(wire, random.below(wire.length + 1), slice(wire, random))
  },
  function cutShort(wire, random) {
    return wire.subarray(0, random.below(wire.length + 1))
  },
  function splice(wire, random, seeds) {
    const other = random.pick(seeds)
    const start = other.subarray(0, random.below(other.length + 1))
    return Buffer.concat([start, wire.subarray(random.below(wire.length + 1))])
  },
]

/** Applies one to four mutations to a seed. */
export function mutate(seeds: readonly Buffer[], random: SeededRandom): Buffer {
  let wire = random.pick(seeds)
  for (let rounds = 1 + random.below(4); rounds > 0; rounds--) {
    wire = random.pick(mutations)(wire, random, seeds)
  }
  return wire
}
