import type { Clock } from 'rtspool'

/** One POST that waits. */
interface WaitingPost {
  settle(isHere: boolean): void
}

/** Maximum number of POSTs that wait. */
const maxWaiting = 1024

/** POSTs of HTTP tunnels that wait for the GET of their tunnel to arrive at this server. */
export class WaitingPosts {
  readonly #clock: Clock
  readonly #posts = new Map<string, Set<WaitingPost>>()
  #size = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Number of POSTs that wait. */
  get size(): number {
    return this.#size
  }

  /**
   * Adds a POST.
   *
   * @param key - Key of its tunnel.
   * @param settle - Called once: with true when the GET arrives, with false after `waitMs`, or in
   * this turn if 1024 POSTs wait.
   * @returns Function that removes the POST without a call of `settle`.
   */
  add(key: string, waitMs: number, settle: (isHere: boolean) => void): () => void {
    if (this.#size >= maxWaiting) {
      queueMicrotask(() => settle(false))
      return () => {}
    }
    const posts = this.#posts.get(key) ?? new Set()
    this.#posts.set(key, posts)
    const remove = (): boolean => {
      timer.cancel()
      if (!posts.delete(post)) return false
      this.#size--
      if (posts.size === 0) this.#posts.delete(key)
      return true
    }
    const post: WaitingPost = {
      settle: (isHere) => {
        if (remove()) settle(isHere)
      },
    }
    const timer = this.#clock.schedule(() => post.settle(false), waitMs, false)
    posts.add(post)
    this.#size++
    return remove
  }

  /** Settles the POSTs of a tunnel whose GET has arrived. */
  arrived(key: string): void {
    for (const post of [...(this.#posts.get(key) ?? [])]) post.settle(true)
  }

  /** Settles all POSTs: no GET arrives any more. */
  close(): void {
    for (const posts of [...this.#posts.values()]) {
      for (const post of [...posts]) post.settle(false)
    }
  }
}
