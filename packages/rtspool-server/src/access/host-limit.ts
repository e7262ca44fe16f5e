import type { Server, Socket } from 'node:net'
import { hostOf } from 'rtspool'
import { isLoopback } from './loopback.js'

/**
 * Closes each new connection of a host that has the given number of connections already. A host is
 * an IPv4 address, or an IPv6 network of 64 bits. The loopback has no limit.
 *
 * @param maxConnections - Maximum number of connections of one host; 0 = unlimited.
 */
export function limitHosts(server: Pick<Server, 'on'>, maxConnections: number): void {
  if (maxConnections === 0) return
  const counts = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket
    if (remoteAddress === undefined || isLoopback(remoteAddress)) return
    const host = hostOf(remoteAddress)
    const count = counts.get(host) ?? 0
    if (count >= maxConnections) {
      socket.destroy()
      return
    }
    counts.set(host, count + 1)
    socket.once('close', () => {
      const rest = (counts.get(host) ?? 1) - 1
      if (rest > 0) counts.set(host, rest)
      else counts.delete(host)
    })
  })
}
