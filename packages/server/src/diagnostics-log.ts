import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Logger } from 'pino'
import type { FragmentedPacket, OversizedPacket, UnsentPacket } from 'rtspool'

/** What the channels of files and sources carry. */
interface SourceFailure {
  readonly path: string
  readonly error: unknown
}

/** Logs what the library publishes on its diagnostics channels. @returns Ends it. */
export function logDiagnostics(log: Logger): () => void {
  const logFailure =
    (message: string) =>
    (failure: unknown): void => {
      const { path, error } = failure as SourceFailure
      log.error({ path, err: error }, message)
    }
  const listeners: readonly (readonly [channel: string, listener: (message: unknown) => void])[] = [
    [
      'rtspool:oversized-packet',
      (packet) =>
        log.warn(packet as OversizedPacket, 'packets are too large for UDP: viewers need TCP'),
    ],
    [
      'rtspool:fragmented-packet',
      (packet) =>
        log.warn(packet as FragmentedPacket, 'packets do not fit a route: they leave in fragments'),
    ],
    [
      'rtspool:unsent-packet',
      (packet) => log.warn(packet as UnsentPacket, 'the system does not take packets by UDP'),
    ],
    ['rtspool:file-media-failed', logFailure('a file cannot be read on, its media ends')],
    ['rtspool:source-close-failed', logFailure('a source could not be closed')],
  ]
  for (const [channel, listener] of listeners) subscribe(channel, listener)
  return () => {
    for (const [channel, listener] of listeners) unsubscribe(channel, listener)
  }
}
