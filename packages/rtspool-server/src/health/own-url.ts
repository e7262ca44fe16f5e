import type { Config } from '../config/schema.js'

const anyHosts: ReadonlySet<string> = new Set(['0.0.0.0', '::', '[::]'])

/**
 * Returns the RTSP URL at which a client on this machine reaches a server with this configuration. The URL has a
 * loopback address if the server listens on all addresses.
 */
export function ownUrl({ rtsp, tls }: Config): string {
  return rtsp.port === false
    ? urlOf('rtsps', tls.host ?? rtsp.host, tls.port)
    : urlOf('rtsp', rtsp.host, rtsp.port)
}

function urlOf(scheme: string, host: string | undefined, port: number): string {
  const isAny = host === undefined || anyHosts.has(host)
  const name = isAny ? loopbackFor(host) : host
  const bracketed = name.includes(':') && !name.startsWith('[') ? `[${name}]` : name
  return `${scheme}://${bracketed}:${port}/`
}

/**
 * Returns the loopback address at which a server that listens on all addresses can be reached. A server on all IPv6
 * addresses may refuse IPv4, so its address is `::1`.
 */
const loopbackFor = (host: string | undefined): string =>
  host?.includes(':') ? '::1' : '127.0.0.1'
