import type { Clock, ClockTimer } from '../../clock.js'
import { isRecord } from '../../option-checks.js'
import { createPublicId } from '../../public-id.js'
import type { ClusterStore, NodeTag } from '../cluster-store.js'
import { mailPage } from '../store-options.js'
import type { ClusterMember } from './cluster-member.js'
import type { StoreLoop } from './store-loop.js'

/** Store, member and times of a {@link MailRoom}. */
interface MailRoomOptions {
  readonly store: ClusterStore
  readonly member: Pick<ClusterMember, 'tag' | 'epoch'>
  readonly clock: Clock
  /** Milliseconds for which a request waits for answers. A node carries out no request that is older. */
  readonly timeoutMs: number
  /** Creates a loop of requests to the store. */
  readonly createLoop: (run: () => Promise<number | undefined>) => StoreLoop
  /** Called with the error of each message that could not be sent. */
  readonly onFailure: (error: unknown) => void
}

/**
 * Function that answers requests of other nodes. The result, or that of its promise, is sent as JSON.
 *
 * @param body - Value of the request, which another version of the program may have written.
 */
export type RequestHandler = (body: unknown) => unknown

/** Answer of one node to a request, or the reason why there is none. */
export type NodeAnswer =
  | { readonly body: unknown }
  | {
      /** Reason of the missing answer; `failed` = the node could not carry out the request. */
      readonly why: 'silent' | 'failed'
    }

/** Request that waits for the answer of one node. */
interface OpenRequest {
  readonly to: NodeTag
  end(answer: NodeAnswer): void
}

/** Beats within which another node must answer, and the least time for it in milliseconds. */
const beatsOfAnswer = 3
const leastAnswerMs = 3000
/** Most milliseconds for an answer: less than `mailMs`, and two answers take less than the 30 s of an idle HTTP connection. */
const mostAnswerMs = 8000

/** Returns the milliseconds within which a node must answer the requests of others. */
export const answerMs = (beatMs: number): number =>
  Math.min(mostAnswerMs, Math.max(leastAnswerMs, beatMs * beatsOfAnswer))

/** Milliseconds between two looks into the mailbox while a request waits for answers. */
const waitingMs = 20
/** Milliseconds between two looks after a message, because another may follow; and the time for which they go on. */
const talkingMs = 100
const talkMs = 5000

/**
 * Sends requests to other nodes of a cluster, and answers theirs, through mailboxes in the store.
 *
 * A node learns from the reply to its beat that a message waits, and then looks into its mailbox more often for some
 * seconds. A request is carried out once at most.
 */
export class MailRoom {
  readonly #options: MailRoomOptions
  readonly #handlers = new Map<string, RequestHandler>()
  readonly #open = new Map<string, OpenRequest>()
  readonly #loop: StoreLoop
  /** Tag and epoch of the mailbox to which {@link #done} belongs. */
  #box = ''
  #done = 0
  #talksUntil = Number.NEGATIVE_INFINITY

  constructor(options: MailRoomOptions) {
    this.#options = options
    this.#loop = options.createLoop(() => this.#collect())
  }

  /** Sets the function that answers requests with a name. */
  handle(name: string, handler: RequestHandler): void {
    this.#handlers.set(name, handler)
  }

  /**
   * Sends a request to a node.
   *
   * @param body - Value that JSON can express.
   * @returns Promise that resolves at the answer, or at the end of the wait. Never rejects.
   */
  async request(to: NodeTag, name: string, body: unknown): Promise<NodeAnswer> {
    const { member, clock, timeoutMs } = this.#options
    const id = createPublicId()
    let timer: ClockTimer | undefined
    const answer = new Promise<NodeAnswer>((resolve) => {
      this.#open.set(id, { to, end: resolve })
      timer = clock.schedule(() => resolve({ why: 'silent' }), timeoutMs, false)
    })
    try {
      if (await this.#send(to, { ask: name, id, from: member.tag, body })) {
        this.#loop.wake(waitingMs)
        return await answer
      }
      return { why: 'silent' }
    } finally {
      this.#open.delete(id)
      timer?.cancel()
    }
  }

  /** Looks into the mailbox at once. */
  wake(): void {
    this.#loop.wake()
  }

  /** Ends all requests without an answer. Idempotent. */
  async close(): Promise<void> {
    for (const { end } of this.#open.values()) end({ why: 'silent' })
    await this.#loop.close()
  }

  /** @returns Whether the message is in the mailbox of its receiver */
  async #send(to: NodeTag, message: object): Promise<boolean> {
    try {
      return (await this.#options.store.send?.({ to, text: JSON.stringify(message) })) === 'ok'
    } catch (error) {
      this.#options.onFailure(error)
      return false
    }
  }

  async #collect(): Promise<number | undefined> {
    const { store, member, clock } = this.#options
    const { tag, epoch } = member
    if (epoch === '') return undefined
    const box = `${tag} ${epoch}`
    if (box !== this.#box) this.#done = 0
    this.#box = box
    const askedAt = clock.now()
    const reply = await store.collect?.({ tag, epoch, done: this.#done })
    if (reply?.status !== 'ok') return undefined
    // A process that stood still reads the reply late.
    const lateMs = clock.now() - askedAt
    for (const { serial, ageMs, text } of reply.messages) {
      this.#done = serial
      this.#read(text, ageMs + lateMs)
    }
    if (reply.messages.length > 0) this.#talksUntil = clock.now() + talkMs
    if (reply.messages.length === mailPage) return 0
    if (this.#open.size > 0) return waitingMs
    return clock.now() < this.#talksUntil ? talkingMs : undefined
  }

  #read(text: string, ageMs: number): void {
    const message = parse(text)
    const { id, from, ask, body } = message
    if (typeof id !== 'string' || typeof from !== 'string') return
    if (typeof ask !== 'string') {
      const open = this.#open.get(id)
      if (open?.to === from) open.end('body' in message ? { body } : { why: 'failed' })
    } else if (ageMs < this.#options.timeoutMs) {
      // A sender does not wait for an older request, and has told its caller that the node is silent.
      void this.#answer(id, from, ask, body)
    }
  }

  async #answer(id: string, to: NodeTag, ask: string, body: unknown): Promise<void> {
    const answer = { id, from: this.#options.member.tag }
    try {
      const handler = this.#handlers.get(ask)
      if (handler === undefined) throw new TypeError(`unknown request ${ask}`)
      const result = (await handler(body)) ?? null
      await this.#send(to, { ...answer, body: result })
    } catch {
      await this.#send(to, answer)
    }
  }
}

/** Parses a message, which another version of the program may have written. */
function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const message: unknown = JSON.parse(text)
    return isRecord(message) ? message : {}
  } catch {
    return {}
  }
}
