import type { Logger } from 'pino'
import type { RtspServer, TlsCertificate } from 'rtspool'
import type { Config } from './config/schema.js'
import { plainHost } from './config/server-options.js'
import type { LiveService } from './live/live-service.js'

/**
 * Opens a port on which browsers receive live media over WebSocket. The RTSP server must listen already.
 * The code of the service is imported only if the port is configured.
 *
 * @param certificate - Contents of the files of the section `tls`; used only if `live.tls` is set.
 * @returns The service, which listens; `undefined` if `live.port` is `false`.
 * @throws {Error} The port cannot be used.
 */
export async function startLive(
  rtsp: RtspServer,
  config: Config,
  certificate: TlsCertificate | undefined,
  log: Logger,
): Promise<LiveService | undefined> {
  const { port, host, tls, ...options } = config.live
  if (port === false) return undefined
  const { LiveService } = await import('./live/live-service.js')
  const live = new LiveService(rtsp, {
    ...options,
    port,
    host: plainHost(host ?? config.rtsp.host),
    certificate: tls ? certificate : undefined,
  })
  await live.listen()
  const { address, port: actualPort } = live.address()
  log.info({ address, port: actualPort, access: options.access }, 'live picture ready')
  return live
}
