import type { ClusterStore, JoinReply, JoinRequest } from 'rtspool/cluster'
import { storeMethods } from './ipc-store.js'
import type { StoreReply, StoreRequest } from './process-messages.js'

/** Membership of a child process in the cluster of its siblings. */
interface Membership {
  readonly tag: string
  readonly epoch: string
}

/** Store of a cluster of processes in their parent: answers the requests of the children. */
export class StoreServer {
  readonly #store: ClusterStore
  /** Memberships by number of the process, from its last successful join on. */
  readonly #members = new Map<number, Membership>()

  constructor(store: ClusterStore) {
    this.#store = store
  }

  /** Tags of the children that are members, by number of the process. */
  get tags(): Readonly<Record<number, string>> {
    return Object.fromEntries([...this.#members].map(([child, { tag }]) => [child, tag]))
  }

  /**
   * Carries out a request of a child.
   *
   * @param child - Number of the process.
   * @returns The reply to the child. Errors become a part of it.
   */
  async answer(child: number, { id, method, args }: StoreRequest): Promise<StoreReply> {
    try {
      if (!storeMethods.has(method)) throw new TypeError(`the store has no function ${method}`)
      const functions = this.#store as unknown as Record<string, StoreFunction>
      const result = await functions[method]?.(...args)
      if (method === 'join') this.#noteJoin(child, args[0] as JoinRequest, result as JoinReply)
      return { kind: 'storeReply', id, result }
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      return { kind: 'storeReply', id, error: { name, message } }
    }
  }

  /**
   * Ends the membership of a child whose process has ended. Otherwise others had to wait for the end of its lease until
   * they may have its places.
   */
  async forget(child: number): Promise<void> {
    const member = this.#members.get(child)
    this.#members.delete(child)
    if (member) await this.#store.leave(member)
  }

  #noteJoin(child: number, { tag }: JoinRequest, reply: JoinReply): void {
    if (reply.status === 'ok') this.#members.set(child, { tag, epoch: reply.epoch })
  }
}

type StoreFunction = (...args: readonly unknown[]) => Promise<unknown>
