import { describe, expect, it } from 'vitest'
import { SendThreadWorld, slot, type WorldOptions } from '../../support/send-thread-world.js'

/** A step of the event loop. */
type Step = 'write' | 'take back' | 'give'

/** Histories of up to six entries for one connection; the first one is always `give`. */
const histories: readonly (readonly Step[])[] = [
  ['write', 'write', 'write', 'write', 'write'],
  ['write', 'take back', 'write', 'write', 'give', 'write'],
  ['write', 'write', 'give', 'write', 'take back', 'write'],
  ['take back', 'write', 'give', 'write', 'write'],
]

/** Highest number of sends in one history that the kernel does not accept whole. */
const maxRefusals = 2

class Choices {
  readonly #made: { choice: number; readonly of: number }[] = []
  #next = 0

  choose(of: number): number {
    const known = this.#made[this.#next++]
    if (known) return known.choice
    this.#made.push({ choice: 0, of })
    return 0
  }

  /** Goes on to the next combination. @returns `false` behind the last. */
  advance(): boolean {
    this.#next = 0
    for (;;) {
      const last = this.#made.at(-1)
      if (!last) return false
      if (++last.choice < last.of) return true
      this.#made.pop()
    }
  }
}

/**
 * Runs a history in every order of the steps of both sides, with every result of each send.
 *
 * @returns Number of orders, and those in which the peer did not receive every byte in order.
 */
function explore(
  history: readonly Step[],
  options: WorldOptions,
): { orders: number; wrong: number } {
  const choices = new Choices()
  let orders = 0
  let wrong = 0
  do {
    let refusals = 0
    const world = new SendThreadWorld({
      ...options,
      accepts: (sizeBytes) => {
        if (refusals === maxRefusals) return sizeBytes
        const sent = [sizeBytes, 1, -1][choices.choose(3)] as number
        if (sent < sizeBytes) refusals++
        return sent
      },
    })
    world.give()
    let at = 0
    let expected = ''
    for (;;) {
      const canTake = world.thread.hasWork
      const moves: (() => void)[] = []
      const step = history[at]
      if (step) {
        moves.push(() => {
          at++
          if (step === 'give') world.give()
          else if (step === 'take back') world.threads.tokens.takeBack(slot)
          else {
            const text = `<${at}>`
            expected += text
            world.write(text)
          }
        })
      }
      if (canTake) moves.push(() => world.step())
      if (world.hasNews) moves.push(() => world.collect())
      const move = moves[moves.length > 1 ? choices.choose(moves.length) : 0]
      if (!move) break
      move()
    }
    world.settle()
    orders++
    if (world.wire.join('') !== expected) wrong++
  } while (choices.advance())
  return { orders, wrong }
}

describe('the write side of a connection, in every order of both sides', () => {
  it.each(histories.map((steps) => [steps.join(', '), steps] as const))(
    'carries each byte once and in order: %s',
    (_name, steps) => {
      const { orders, wrong } = explore(steps, {})
      expect(orders).toBeGreaterThan(500)
      expect(wrong).toBe(0)
    },
  )

  it.each([
    ['the event loop does not wait until the thread has passed its entries', { isHasty: true }],
    ['the thread forgets that it gave the write side back', { isForgetful: true }],
  ])('does not if %s', (_name, mutant) => {
    expect(explore(['write', 'write', 'write'], mutant).wrong).toBeGreaterThan(0)
  })
})
