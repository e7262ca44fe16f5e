/** Ports of the server for RTSP and for RTSP over TLS; absent if the server has no such port. */
export interface ServerPorts {
  readonly rtspPort?: number
  readonly rtspsPort?: number
}

const defaultPorts = { rtsp: 554, rtsps: 322 } as const

/**
 * Returns the URLs with which players open a path: `rtsp:`, then `rtsps:`, as far as the server has these ports.
 *
 * @param path - Decoded path.
 * @param hostname - Host of the page, as in its URL.
 */
export function urlsOf(path: string, hostname: string, ports: ServerPorts): string[] {
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  const urlOf = (scheme: 'rtsp' | 'rtsps', port: number | undefined): string[] => {
    if (port === undefined) return []
    const authority = port === defaultPorts[scheme] ? hostname : `${hostname}:${port}`
    return [`${scheme}://${authority}${encoded}`]
  }
  return [...urlOf('rtsp', ports.rtspPort), ...urlOf('rtsps', ports.rtspsPort)]
}
