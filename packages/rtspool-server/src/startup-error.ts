import type { LoadedConfig } from './config/load-config.js'
import { sourceOrOption } from './config/problems.js'

/**
 * Returns the error code of the operating system, such as `EADDRINUSE`; `undefined` for other
 * errors.
 */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/**
 * Returns one line that explains to the user why the server could not start.
 *
 * @param settings - Settings in use. The line names the option, variable or place in the file to
 *   change.
 * @returns Text without a line break and without a stack trace.
 */
export function describeStartupError(error: unknown, settings: Sources): string {
  const { rtsp } = settings.config
  const { port, portSource, host, hostSource } = listenerOf(error, settings)
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return `error: port ${port} is in use already (on ${host}); choose another ${portSource}`
    case 'EACCES':
    case 'EPERM':
      return `error: no permission to listen on port ${port}; choose one from 1024 up`
    case 'EADDRNOTAVAIL':
      return `error: ${hostSource} ${host} is not an address of this machine`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NONAME':
      return `error: ${hostSource} ${host} cannot be resolved`
    case 'EAFNOSUPPORT':
      return `error: this machine has no addresses like ${hostSource} ${host}`
    case 'ERR_UDP_PORTS_TAKEN':
      return `error: no even/odd pair of UDP ports is free in ${sourceOrOption(settings, ['rtsp', 'udpPorts'], '--udp-ports')} ${rtsp.udpPorts}`
    default:
      return `error: ${firstLine(error)}`
  }
}

type Sources = Pick<LoadedConfig, 'config' | 'sourceOf'>

/**
 * Returns the port and the address on which the server could not listen, each with the option or key that sets it.
 *
 * @param error - Error of `listen`.
 */
function listenerOf(error: unknown, settings: Sources) {
  const { rtsp, tls, live, api } = settings.config
  const failed = memberOf(error, 'port')
  const failedHost = memberOf(error, 'hostname')
  const ofHost = {
    host: rtsp.host ?? 'all addresses',
    hostSource: sourceOrOption(settings, ['rtsp', 'host'], '--host'),
  }
  if (tls.keyFile !== undefined && failed === tls.port) {
    const portSource = sourceOrOption(settings, ['tls', 'port'], '--tls-port')
    return { port: tls.port, portSource, ...ofHost }
  }
  if (live.port !== false && failed === live.port && failed !== rtsp.port) {
    const portSource = sourceOrOption(settings, ['live', 'port'], '--live-port')
    if (live.host === undefined) return { port: live.port, portSource, ...ofHost }
    const hostSource = settings.sourceOf(['live', 'host'])
    return { port: live.port, portSource, host: live.host, hostSource }
  }
  const isApiPort = api.port !== undefined && failed === api.port && failed !== rtsp.port
  if (isApiPort || (failedHost === api.host && failedHost !== rtsp.host)) {
    const portSource = sourceOrOption(settings, ['api', 'port'], '--api-port')
    const hostSource = sourceOrOption(settings, ['api', 'host'], '--api-host')
    return { port: api.port, portSource, host: api.host, hostSource }
  }
  const portSource = sourceOrOption(settings, ['rtsp', 'port'], '--port')
  return { port: rtsp.port, portSource, ...ofHost }
}

/** Returns the member `port` or `hostname` of an error of the operating system; `undefined` without one. */
function memberOf(error: unknown, name: 'port' | 'hostname'): unknown {
  return typeof error === 'object' && error !== null
    ? Object.getOwnPropertyDescriptor(error, name)?.value
    : undefined
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const [line = ''] = text.split('\n')
  const code = codeOf(error)
  return code === undefined || line.includes(code) ? line : `${line} (${code})`
}
