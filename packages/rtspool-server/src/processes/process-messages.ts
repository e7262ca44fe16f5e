/** Call of a function of the cluster's store, which the parent process has. */
export interface StoreRequest {
  readonly kind: 'storeRequest'
  /** Number by which the child recognizes the reply. */
  readonly id: number
  /** Name of the function, such as `beat`. */
  readonly method: string
  readonly args: readonly unknown[]
}

/** Result or error of a {@link StoreRequest}. */
export interface StoreReply {
  readonly kind: 'storeReply'
  readonly id: number
  readonly result?: unknown
  /** Error of the function; absent if it has succeeded. */
  readonly error?: { readonly name: string; readonly message: string }
}

/** Messages from a child process to its parent. `ready`: the child listens and serves. */
export type ChildMessage = StoreRequest | { readonly kind: 'ready' }

/** Messages from the parent process to a child. */
export type ParentMessage = StoreReply
