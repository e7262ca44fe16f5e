/** What brings the bytes of an RTSP connection to the server and back. */
export interface Carrier {
  write(bytes: Buffer): void
  /** Closes at once; nothing is waited for. */
  destroy(): void
}

/** Where a carrier puts what arrives. */
export interface CarrierSink {
  bytes(chunk: Buffer): void
  /** Once: the server has closed, or the connection broke. */
  closed(why: string): void
}

/** The ways to reach a server. */
export const carrierNames = ['tcp', 'tls', 'http', 'https', 'ws', 'wss'] as const

/** One of {@link carrierNames}. */
export type CarrierName = (typeof carrierNames)[number]

/** Where to connect to, and how. */
export interface CarrierTarget {
  readonly name: CarrierName
  readonly host: string
  readonly port: number
  /** Path and query, for the request that opens a tunnel. */
  readonly path: string
  /** Whether certificates are taken as they come. */
  readonly isInsecure: boolean
  readonly localAddress?: string | undefined
}
