/**
 * Ways in which a client can pull. `isSecure`: the connection is in TLS. With `srtp`, the packets are encrypted, and their keys
 * are exchanged in TLS.
 */
export const ways = {
  udp: { name: 'UDP', transport: 'udp' },
  tcp: { name: 'TCP', transport: 'tcp' },
  tls: { name: 'TLS', transport: 'tcp', isSecure: true },
  srtp: { name: 'SRTP', transport: 'udp', isSecure: true, srtp: true },
  http: { name: 'HTTP tunnel', transport: 'http' },
  webSocket: { name: 'WebSocket', transport: 'webSocket' },
  multicast: { name: 'multicast', transport: 'multicast' },
}
