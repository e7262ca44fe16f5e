import type {
  NodeTag,
  PublishReply,
  PublishRequest,
  StreamRow,
  UnpublishRequest,
} from '../cluster-store.js'

/** Facts of the ledger on which the streams of a cluster depend. */
interface StreamRules {
  /** Returns whether the lease of a node runs. */
  hasLease(tag: NodeTag): boolean
  /** Returns the next number of the ledger, larger than all before, those of earlier ledgers included. */
  nextSerial(): number
}

/** Paths at which clients publish, and the node that has each of them. */
export class StreamDirectory {
  readonly #rows = new Map<string, StreamRow>()
  #version = 0

  /** Serial number of the last change; 0 = none so far. */
  get version(): number {
    return this.#version
  }

  /** Assigns a path to a node, unless another node has it, whose lease runs. */
  publish(request: PublishRequest, { hasLease, nextSerial }: StreamRules): PublishReply {
    const { tag, path, claim, info, takesOver } = request
    const row = this.#rows.get(path)
    if (row?.tag === tag) {
      if (claim < row.claim) return { status: 'stale' }
      if (claim === row.claim) return { status: 'ok', fence: row.fence }
    } else if (row !== undefined && takesOver !== true && hasLease(row.tag)) {
      return { status: 'taken', holder: row.tag }
    }
    const fence = nextSerial()
    this.#version = fence
    this.#rows.set(path, { path, tag, fence, claim, info })
    return { status: 'ok', fence }
  }

  /** Gives up a path, if it belongs to this publication of the node or an earlier one. */
  unpublish({ tag, path, claim }: UnpublishRequest, nextSerial: () => number): void {
    const row = this.#rows.get(path)
    if (row?.tag !== tag || row.claim > claim) return
    this.#rows.delete(path)
    this.#version = nextSerial()
  }

  /** Returns the streams of members in the order of their paths, and forgets those of other nodes. */
  list(isMember: (tag: NodeTag) => boolean): StreamRow[] {
    for (const [path, { tag }] of this.#rows) if (!isMember(tag)) this.#rows.delete(path)
    return [...this.#rows.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  }
}
