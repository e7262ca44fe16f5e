import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Logger } from 'pino'
import type { OversizedPacket } from 'rtspool'

/** Says once for each track that its packets are too large for UDP. @returns Ends it. */
export function logOversizedPackets(log: Logger): () => void {
  const listener = (packet: unknown): void =>
    log.warn(packet as OversizedPacket, 'packets are too large for UDP: viewers need TCP')
  subscribe('rtspool:oversized-packet', listener)
  return () => void unsubscribe('rtspool:oversized-packet', listener)
}
