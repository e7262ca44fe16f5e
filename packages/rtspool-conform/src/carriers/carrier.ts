/** A connection that carries the bytes of RTSP to the server and back. */
export interface Carrier {
  write(bytes: Buffer): void
  /** Closes at once, without waiting for anything. */
  destroy(): void
}

/** Receives the bytes and the end of a carrier. */
export interface CarrierSink {
  bytes(chunk: Buffer): void
  /** Called once, when the server has closed or the connection has failed. */
  closed(why: string): void
}

/** The ways to reach a server. */
export const carrierNames = ['tcp', 'tls', 'http', 'https', 'ws', 'wss'] as const

/** One of {@link carrierNames}. */
export type CarrierName = (typeof carrierNames)[number]

/** Address of the server, and the carrier to use. */
export interface CarrierTarget {
  readonly name: CarrierName
  readonly host: string
  readonly port: number
  /** Path and query, for the request that opens a tunnel. */
  readonly path: string
  /** Accepts any certificate. */
  readonly isInsecure: boolean
  readonly localAddress?: string | undefined
}
