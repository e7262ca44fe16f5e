/** Message to a node of the cluster, which waits in the mailbox of the receiver. */
export interface MailRequest {
  /** Tag of the node that receives the message. */
  readonly to: string
  /** Contents of the message, which the store does not read: at most some megabytes. */
  readonly text: string
}

/** Reply of the store to a message: `gone` if the receiver is no member, `full` if too many messages wait for it. */
export type MailReply = 'ok' | 'gone' | 'full'

/** Request of a node for the messages in its mailbox. */
export interface CollectRequest {
  readonly tag: string
  readonly epoch: string
  /** Serial number of the last message that the node has read. The store removes it and all before; 0 = none. */
  readonly done: number
}

/** Message in the mailbox of a node. */
export interface Mail {
  /** Number of the message, larger than that of each earlier message of the same epoch. */
  readonly serial: number
  /** Milliseconds since the message was sent, by the wall clock of the store; a step of the clock counts in both directions. */
  readonly ageMs: number
  readonly text: string
}

export type CollectReply =
  | { readonly status: 'epoch' | 'fenced' }
  | {
      readonly status: 'ok'
      /** Messages in the order in which they were sent, at most 16. They stay until the node has read them. */
      readonly messages: readonly Mail[]
    }

/**
 * Mailboxes of the nodes of a cluster, a part of its shared data. A mailbox holds at most 256 messages. A message that has
 * waited for 10 s makes room for new ones.
 */
export interface MailStore {
  /** Puts a message into the mailbox of a node. */
  send(request: MailRequest): Promise<MailReply>
  /** Returns the first messages in the mailbox of a node. Repetitions return the same. */
  collect(request: CollectRequest): Promise<CollectReply>
}
