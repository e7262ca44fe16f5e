/** A session, as far as the page shows it. */
export interface SessionView {
  readonly publicId: string
  readonly state: string
  readonly action?: 'read' | 'publish'
  readonly paths: readonly string[]
  readonly address?: string
  readonly user?: string
  readonly userAgent?: string
  readonly transport?: string
  readonly tunnel?: string
  readonly isSecure?: boolean
  readonly groups?: Readonly<Record<string, string>>
  readonly createdTime: string
  readonly lastAccessTime: string
  /** 0 = never. */
  readonly timeoutSeconds: number
  /** Seconds since 1970; absent = never. */
  readonly expiresAt?: number
  readonly stats: SessionFigures
  readonly queuedBytes: number
}

/** Packets and bytes of a session so far. */
export interface SessionFigures {
  readonly packetsIn: number
  readonly bytesIn: number
  readonly packetsOut: number
  readonly bytesOut: number
  readonly packetsLost: number
  readonly packetsDropped: number
}

/** Last reception report of a client about a track. */
export interface ReceptionView {
  readonly fractionLost: number
  readonly cumulativeLost: number
  readonly jitterMs: number
  readonly roundTripMs?: number
}

/** A track that a session plays or records. */
export interface StreamView {
  readonly path: string
  readonly track: number
  readonly mode: 'play' | 'record'
  readonly lowerTransport: string
  readonly ssrc?: number
  readonly reception?: ReceptionView
  readonly malformedRtcp: number
  readonly invalidPackets: number
  readonly rejectedPackets: number
}

/** A session with its tracks. */
export interface SessionDetails extends SessionView {
  readonly streams: readonly StreamView[]
}

/** Returns the share of the packets of a session that were reported lost. */
export function lossOf({ packetsLost, packetsIn, packetsOut }: SessionFigures): number {
  return packetsLost / Math.max(1, packetsIn + packetsOut)
}

/** Returns what tells a person apart: user and address, as far as they are known. */
export const ownerText = ({ user, address }: Pick<SessionView, 'user' | 'address'>): string =>
  user && address ? `${user} (${address})` : (user ?? address ?? 'unknown client')
