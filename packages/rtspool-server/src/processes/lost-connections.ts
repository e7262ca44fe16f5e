/** Connection that the parent passes on to a child process. */
interface PassedHandle {
  close(): void
}

/** Child process as node:cluster sends to it and hears from it. */
export interface ConnectionTaker {
  send(message: unknown, handle?: unknown, ...rest: unknown[]): unknown
  on(event: 'internalMessage', listener: (message: unknown) => void): unknown
  once(event: 'close', listener: () => void): unknown
}

/** Members of the messages of node:cluster by which it confirms connections. */
interface ClusterMessage {
  readonly act?: unknown
  readonly seq?: unknown
  readonly ack?: unknown
}

/**
 * Closes the connections that are on their way to a child process when the child ends. Node 20 and 24 keep them open for
 * ever, and their clients wait for an answer.
 *
 * The messages of node:cluster are not documented: where they differ, nothing is closed.
 */
export function closeLostConnections(child: ConnectionTaker): void {
  const passed = new Map<unknown, PassedHandle>()
  const send = child.send.bind(child)
  child.send = (message, handle, ...rest) => {
    const { act, seq } = (message ?? {}) as ClusterMessage
    if (act === 'newconn' && handle) passed.set(seq, handle as PassedHandle)
    return send(message, handle, ...rest)
  }
  child.on('internalMessage', (message) => {
    // After that, Node closes the connection here, or gives it to another process.
    passed.delete((message as ClusterMessage | undefined)?.ack)
  })
  child.once('close', () => {
    for (const handle of passed.values()) handle.close()
    passed.clear()
  })
}
