import type { Session } from '../session.js'
import { CreationOrder } from './creation-order.js'

/** Finds sessions by a text that several sessions can share: user, address, path or group. */
export class SessionIndex {
  readonly #serialOf: (session: Session) => number
  // A key with one session, the usual case for addresses, is stored without a list.
  readonly #groups = new Map<string, Session | CreationOrder<Session>>()

  constructor(serialOf: (session: Session) => number) {
    this.#serialOf = serialOf
  }

  count(key: string): number {
    const group = this.#groups.get(key)
    if (group === undefined) return 0
    return group instanceof CreationOrder ? group.size : 1
  }

  add(key: string, session: Session): void {
    const group = this.#groups.get(key)
    if (group === undefined) {
      this.#groups.set(key, session)
    } else if (group instanceof CreationOrder) {
      group.insert(session)
    } else {
      const list = new CreationOrder<Session>(this.#serialOf)
      list.insert(group)
      list.insert(session)
      this.#groups.set(key, list)
    }
  }

  delete(key: string, session: Session): void {
    const group = this.#groups.get(key)
    if (group instanceof CreationOrder) {
      group.delete(session)
      if (group.size > 0) return
    } else if (group !== session) {
      return
    }
    this.#groups.delete(key)
  }

  /**
   * Returns the sessions that share a key (such as a user or a path) and whose serial number is higher than `serial`.
   * Their order is that of creation.
   */
  *after(key: string, serial: number): Generator<Session, void> {
    const group = this.#groups.get(key)
    if (group instanceof CreationOrder) yield* group.after(serial)
    else if (group !== undefined && this.#serialOf(group) > serial) yield group
  }
}
