/** A connection that carries RTSP: TCP, TLS, or a tunnel through HTTP or WebSocket. */
export interface Carrier {
  write(bytes: Buffer): void
  /** Closes the connection at once, without waiting for the server. */
  destroy(): void
}

/** Receiver of the bytes that arrive through a {@link Carrier}, and of the notice that the carrier has closed. */
export interface CarrierSink {
  bytes(chunk: Buffer): void
  /** Called once, when the connection has closed or failed, with the reason as a sentence. */
  closed(why: string): void
}

/** Carriers: kinds of connections that can carry RTSP. `http` and `ws` are tunnels; the last letter `s` means TLS. */
export const carrierNames = ['tcp', 'tls', 'http', 'https', 'ws', 'wss'] as const

/** One of {@link carrierNames}. */
export type CarrierName = (typeof carrierNames)[number]

/** Address of the server, and the carrier to use. */
export interface CarrierTarget {
  readonly name: CarrierName
  readonly host: string
  readonly port: number
  /** Path and query of the HTTP request that opens a tunnel or a WebSocket. */
  readonly path: string
  /** True to accept any TLS certificate of the server. */
  readonly isInsecure: boolean
  readonly localAddress?: string | undefined
}
