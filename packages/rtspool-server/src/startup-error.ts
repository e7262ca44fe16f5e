import type { Config } from './config/schema.js'

/** Returns the code of a system error. */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/**
 * Explains in one line why the server could not start.
 *
 * @returns Text without a line break and without a stack trace.
 */
export function describeStartupError(error: unknown, { rtsp, tls }: Config): string {
  const host = rtsp.host ?? 'all addresses'
  const isTlsPort = tls.keyFile !== undefined && portOf(error) === tls.port
  const port = isTlsPort ? tls.port : rtsp.port
  const flag = isTlsPort ? '--tls-port' : '--port'
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return `error: port ${port} is in use already (on ${host}); choose another ${flag}`
    case 'EACCES':
    case 'EPERM':
      return `error: no permission to listen on port ${port}; choose one from 1024 up`
    case 'EADDRNOTAVAIL':
      return `error: --host ${host} is not an address of this machine`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NONAME':
      return `error: --host ${host} cannot be resolved`
    case 'EAFNOSUPPORT':
      return `error: this machine has no addresses like --host ${host}`
    case 'ERR_UDP_PORTS_TAKEN':
      return `error: no even/odd pair of UDP ports is free in --udp-ports ${rtsp.udpPorts}`
    default:
      return `error: ${firstLine(error)}`
  }
}

/** Returns the port that a system error is about. */
function portOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'port' in error ? error.port : undefined
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const [line = ''] = text.split('\n')
  const code = codeOf(error)
  return code === undefined || line.includes(code) ? line : `${line} (${code})`
}
