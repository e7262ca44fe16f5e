import { randomBytes } from 'node:crypto'

const idBytes = 4
/** Maximum number of ids of other relays that a relay passes on. */
const maxIds = 16
/** Matches the comment that a relay adds to User-Agent: its id, and those of the relays that it serves. */
const comment = /\(relay((?: [0-9a-f]{8}){1,32})\)/

/**
 * Recognizes requests that a relay has caused itself. Each relay names itself, and the relays that wait for it, in the
 * User-Agent of its requests.
 *
 * ```text
 * viewer ──► relay a ──"rtspool (relay a)"──► relay b ──"rtspool (relay b a)"──► relay a: refused
 * ```
 */
export class LoopGuard {
  readonly #id = randomBytes(idBytes).toString('hex')
  readonly #served = new Set<string>()

  /** Value of User-Agent for requests to the source. */
  get userAgent(): string {
    return `rtspool (relay ${[this.#id, ...this.#served].join(' ')})`
  }

  /**
   * Examines the User-Agent of a request, and remembers the relays in it.
   *
   * @returns Whether this relay has caused the request.
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

  /** Forgets the relays that were served. */
  clear(): void {
    this.#served.clear()
  }
}
