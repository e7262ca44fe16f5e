/**
 * Port ranges for tests that must name a port. Test files run in parallel, so each range has one
 * user.
 *
 * All ranges are below the ports that Linux (32768 to 60999) and FFmpeg (5000 to 65000) choose for
 * a socket without one.
 */
export const fixedPorts = {
  udpTransport: 4_000,
  multicast: 4_400,
  multicastTunnel: 4_440,
  clientMulticast: 4_460,
} as const
