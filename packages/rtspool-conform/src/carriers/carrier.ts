/** A connection that carries RTSP: TCP, TLS, or a tunnel through HTTP or WebSocket. */
export interface Carrier {
  write(bytes: Buffer): void
  /** Closes the connection at once, without waiting for the server. */
  destroy(): void
}

/** Receives the bytes that arrive through a {@link Carrier}, and the notice of its end. */
export interface CarrierSink {
  bytes(chunk: Buffer): void
  /** Called once, when the server has closed the connection or it has failed. */
  closed(why: string): void
}

/** Kinds of connections that can carry RTSP. */
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
  /** True to accept any TLS certificate of the server. */
  readonly isInsecure: boolean
  readonly localAddress?: string | undefined
}
