/** Request of a node for a path at which a client publishes to the node. */
export interface PublishRequest {
  readonly tag: string
  readonly epoch: string
  /** Decoded path of the stream. */
  readonly path: string
  /**
   * Number of the publication, larger than that of each earlier one of the same node at the same path. A repetition has
   * the same number.
   */
  readonly claim: number
  /** Description of the stream for other nodes, such as the URL at which the node serves it: text. */
  readonly info: string
  /** True if the node takes the path over from the node that has it. */
  readonly takesOver?: boolean | undefined
}

/** Reply to a {@link PublishRequest}. */
export type PublishReply =
  | { readonly status: 'epoch' | 'fenced' }
  /** A later publication of the same node has the path. */
  | { readonly status: 'stale' }
  | {
      /** Another node has the path, and its lease runs. */
      readonly status: 'taken'
      readonly holder: string
    }
  | {
      readonly status: 'ok'
      /** Fencing number of the publication, larger than that of each earlier one of any node. */
      readonly fence: number
    }

/** Request of a node to give up a path, for the publication with this number and all earlier ones. */
export type UnpublishRequest = Pick<PublishRequest, 'tag' | 'epoch' | 'path' | 'claim'>

export interface UnpublishReply {
  readonly status: 'ok' | 'epoch' | 'fenced'
}

/** A path at which a client publishes, and the node that has it. */
export interface StreamRow {
  readonly path: string
  readonly tag: string
  readonly fence: number
  readonly claim: number
  readonly info: string
}

/** List of the streams of all nodes. */
export interface StreamPage {
  /** Version of the list: `streams` (or 0) and `version` in the reply to a beat, with a dot between them. */
  readonly version: string
  /** Streams in the order of their paths. */
  readonly streams: readonly StreamRow[]
}

/**
 * Directory of the streams of a cluster, a part of its shared data. A path belongs to one node at a time. The node keeps
 * it while its lease runs; then another node may have it. Streams of a dead node are not listed.
 */
export interface StreamStore {
  /** Assigns a path to a node, unless another node has it. Repetitions get the same reply. */
  publish(request: PublishRequest): Promise<PublishReply>
  /** Gives up a path. Does nothing if another node, or a later publication of the same node, has it. */
  unpublish(request: UnpublishRequest): Promise<UnpublishReply>
  /**
   * Returns the streams of all nodes.
   *
   * @param known - Version of the list that the caller has.
   * @returns `undefined` if nothing has changed since that version.
   */
  streams(known?: string): Promise<StreamPage | undefined>
}
