/** Members of a session, as the API returns it, that the page shows. */
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
  /** Seconds without a sign of the client after which the session ends; 0 = never. */
  readonly timeoutSeconds: number
  /** Time in seconds since 1970 at which the session ends; absent = never. */
  readonly expiresAt?: number
  readonly stats: SessionFigures
  readonly queuedBytes: number
  /** Server of the cluster that has the session; absent without a cluster. */
  readonly node?: NodeName
}

/** Tag and name of a server of a cluster. */
export interface NodeName {
  readonly tag: string
  readonly name?: string
}

/** A server of a cluster that did not answer, with the reason. */
export interface UnheardNode extends NodeName {
  readonly why: string
}

export const nodeText = ({ name, tag }: NodeName): string => name ?? tag

const whyTexts: Readonly<Record<string, string>> = {
  suspect: 'no sign of life',
  silent: 'no answer',
  failed: 'cannot answer',
}

/**
 * Returns the reason for which a server did not answer, for the user.
 *
 * @param store - Store of the cluster, such as `Redis`, if it is known.
 */
export const whyText = (why: string, store = 'the store'): string =>
  why === 'storeAway' ? `${store} is away` : (whyTexts[why] ?? why)

/** Numbers of packets and bytes of a session since its start: `In` from the client, `Out` to the client. */
export interface SessionFigures {
  readonly packetsIn: number
  readonly bytesIn: number
  readonly packetsOut: number
  readonly bytesOut: number
  readonly packetsLost: number
  readonly packetsDropped: number
}

/** Values of the last RTCP reception report about one track of a session. `fractionLost` is a share from 0 to 1. */
export interface ReceptionView {
  readonly fractionLost: number
  readonly cumulativeLost: number
  readonly jitterMs: number
  readonly roundTripMs?: number
}

/** A track that a session plays or records, as the API returns it. */
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

/** Returns the share of a session's packets that were reported lost: 0 = none, 1 = all. */
export function lossOf({ packetsLost, packetsIn, packetsOut }: SessionFigures): number {
  return packetsLost / Math.max(1, packetsIn + packetsOut)
}

/** Returns the transport of a session for the user; `undefined` before the first SETUP. */
export const transportText = ({ transport }: Pick<SessionView, 'transport'>): string | undefined =>
  transport === 'websocket-fmp4' ? 'WebSocket' : transport

/** Returns the user and the address of a session's client, as far as they are known. */
export const ownerText = ({ user, address }: Pick<SessionView, 'user' | 'address'>): string =>
  user && address ? `${user} (${address})` : (user ?? address ?? 'unknown client')
