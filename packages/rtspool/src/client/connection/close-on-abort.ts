import type { ClientConnection } from './client-connection.js'

/** Closes the connection when the signal aborts. @returns A function that removes this effect. */
export function closeOnAbort(
  connection: ClientConnection,
  signal: AbortSignal | undefined,
): () => void {
  const abort = (): void => void connection.close(signal?.reason)
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  return () => signal?.removeEventListener('abort', abort)
}
