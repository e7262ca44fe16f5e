import { randomBytes } from 'node:crypto'

const idBytes = 4
/** Maximum number of ids of served relays that a relay adds to its own User-Agent. */
const maxIds = 16
/** Matches the comment that a relay adds to User-Agent: its own id, and the ids of the relays that it serves. */
const comment = /\(relay((?: [0-9a-f]{8}){1,32})\)/

/**
 * Recognizes requests that a relay has caused itself, directly or through other relays. The User-Agent of a relay
 * contains its own id, and the ids of the relays that it serves.
 *
 * ```text
 * viewer ──► relay a ──"rtspool (relay a)"──► relay b ──"rtspool (relay b a)"──► relay a: refused
 * ```
 */
export class LoopGuard {
  readonly #id = randomBytes(idBytes).toString('hex')
  readonly #served = new Set<string>()

  /** Value of User-Agent for requests of this relay to its source. */
  get userAgent(): string {
    return `rtspool (relay ${[this.#id, ...this.#served].join(' ')})`
  }

  /**
   * Reads the ids in the User-Agent of a request to this relay, and remembers those of other relays.
   *
   * @returns `true` if this relay has caused the request.
   */
  isLoop(userAgent: string | undefined): boolean {
    const ids =
      comment
        .exec(userAgent ?? '')?.[1]
        ?.trim()
        .split(' ') ?? []
    if (ids.includes(this.#id)) return true
    for (const id of ids) if (this.#served.size < maxIds) this.#served.add(id)
    return false
  }

  /** Forgets the ids of the relays that this relay has served, because it serves nobody any more. */
  clear(): void {
    this.#served.clear()
  }
}
