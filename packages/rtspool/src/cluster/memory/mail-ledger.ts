import type { Mail, MailReply, MailRequest, NodeTag } from '../cluster-store.js'
import { mailMs, mailPage, maxMails } from '../store-options.js'

interface Letter {
  readonly serial: number
  /** Time at which the message was sent, in milliseconds of the wall clock. */
  readonly at: number
  readonly text: string
}

/**
 * Mailboxes of the nodes of a cluster.
 *
 * The age of a message counts by the wall clock, also while no node reaches the ledger. A step of the clock makes messages
 * older, in both directions.
 */
export class MailLedger {
  readonly #boxes = new Map<NodeTag, Letter[]>()
  #serial = 0

  /** Puts a message into the mailbox of a member. @param now - Milliseconds of the wall clock */
  send({ to, text }: MailRequest, now: number): MailReply {
    const fresh = this.#lettersOf(to, ({ at }) => Math.abs(now - at) < mailMs)
    if (fresh.length >= maxMails) return 'full'
    fresh.push({ serial: ++this.#serial, at: now, text })
    this.#boxes.set(to, fresh)
    return 'ok'
  }

  /**
   * Removes the messages up to the serial number `done` from a mailbox, and returns the first of the others.
   *
   * @param now - Milliseconds of the wall clock
   */
  collect(tag: NodeTag, done: number, now: number): Mail[] {
    const left = this.#lettersOf(tag, ({ serial }) => serial > done)
    if (left.length === 0) this.#boxes.delete(tag)
    return left
      .slice(0, mailPage)
      .map(({ serial, at, text }) => ({ serial, ageMs: Math.abs(now - at), text }))
  }

  /** Returns whether messages wait for a node. */
  has(tag: NodeTag): boolean {
    return this.#boxes.has(tag)
  }

  /** Removes the mailbox of a node that has died. */
  drop(tag: NodeTag): void {
    this.#boxes.delete(tag)
  }

  /** Removes messages from the head of a mailbox, up to the first that stays. @returns The mailbox */
  #lettersOf(tag: NodeTag, stays: (letter: Letter) => boolean): Letter[] {
    const letters = this.#boxes.get(tag) ?? []
    const first = letters.findIndex(stays)
    letters.splice(0, first < 0 ? letters.length : first)
    return letters
  }
}
