import type { SessionView } from '../../src/api/session-view.js'

/** A session as the API shows it. */
export const session = (publicId: string, more: Partial<SessionView> = {}): SessionView => ({
  ...{ publicId, state: 'Playing', paths: ['/cam'], timeoutSeconds: 60, queuedBytes: 0 },
  ...{ createdTime: '2026-01-01T00:00:00.000Z', lastAccessTime: '2026-01-01T00:00:00.000Z' },
  stats: figures(0),
  ...more,
})

export const figures = (bytesOut: number) => ({
  ...{ bytesIn: 0, bytesOut, packetsIn: 0, packetsOut: 0 },
  ...{ packetsLost: 0, packetsDropped: 0 },
})
