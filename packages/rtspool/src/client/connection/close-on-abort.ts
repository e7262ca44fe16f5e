import type { ClientConnection } from './client-connection.js'

/** Closes the connection when the signal aborts. @returns Function that stops listening to the signal */
export function closeOnAbort(
  connection: ClientConnection,
  signal: AbortSignal | undefined,
): () => void {
  const abort = (): void => void connection.close(signal?.reason)
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  return () => signal?.removeEventListener('abort', abort)
}
