/**
 * Port ranges for tests that must name a port. Files run beside each other, so each range has one user.
 *
 * All ranges are below the ports that Linux (32768 to 60999) and FFmpeg (5000 to 65000) choose for a socket without one.
 */
export const fixedPorts = {
  /** In a network namespace of its own. */
  walled: [4_000, 4_100],
  carriers: [4_200, 4_299],
  sentinels: [4_620, 4_629],
  /** The servers of a Redis Cluster speak to each other on the second half. */
  redisCluster: [4_630, 4_649],
  multicast: [4_300, 4_399],
  multicastTtl: [4_400, 4_401],
  conform: [4_500, 4_599],
  proxy: [4_600, 4_609],
  balancer: [4_610, 4_611],
  tunnels: [4_612, 4_613],
} as const
