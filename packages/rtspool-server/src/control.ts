import type { Logger } from 'pino'
import type { RtspServer, TlsCertificate } from 'rtspool'
import { isLoopback } from './access/loopback.js'
import type { ControlService } from './api/control-service.js'
import type { Configuration } from './api/controlled-server.js'
import type { ClusterService } from './cluster.js'
import { sourceOrOption } from './config/problems.js'
import type { LiveService } from './live/live-service.js'
import type { RepeatLimit } from './log/repeat-limit.js'
import type { CommandOptions } from './options.js'
import type { OwnProcess } from './processes/own-process.js'
import type { RecordingService } from './recording/recording-service.js'
import type { SourceService } from './sources/source-service.js'

/** Parts of the running command that the control API uses. */
export interface ControlledCommand {
  readonly rtsp: RtspServer
  readonly log: Logger
  readonly repeats: RepeatLimit
  readonly version: string
  readonly configuration: Configuration
  readonly recordings: RecordingService
  readonly sources: SourceService
  readonly cluster: ClusterService | undefined
  /** This process, if it is one of several of the same server. */
  readonly own: OwnProcess | undefined
  /** Service that sends live pictures to browsers; `undefined` without a port for them. */
  readonly live: LiveService | undefined
  /** TLS certificate of the RTSP server, which the API uses too. */
  readonly certificate: TlsCertificate | undefined
}

/**
 * Starts the control API of a server that listens. The code of the API is loaded only if it is used.
 *
 * @returns `undefined` without a port for the API.
 * @throws {Error} The port, the file of tokens or the key of webhooks cannot be used.
 */
export async function startControl(
  { settings, sources: configSources }: CommandOptions,
  { certificate, own: process, ...command }: ControlledCommand,
): Promise<ControlService | undefined> {
  const { config } = settings
  if (config.api.port === undefined) return undefined
  const { apiOptionsOf } = await import('./api/api-options.js')
  const { ControlService } = await import('./api/control-service.js')
  const { sharePage, tryLoadPage } = await import('./dashboard/page-files.js')
  const api = apiOptionsOf(settings, configSources.environment)
  if (!api) return undefined
  const own = config.api.tls ? certificate : undefined
  const livePort = command.live?.address().port
  const page = config.api.page ? tryLoadPage(livePort) : undefined
  const shared = tryLoadPage(livePort, sharePage)
  const control = new ControlService({
    ...{
      ...command,
      cluster: command.cluster?.node,
      clusterPulls: () => command.cluster?.pulls() ?? [],
      metricsOfAll: process && ((text: string) => process.allMetrics(text)),
      api,
      page,
      sharePage: shared,
      certificate: own,
    },
    shareLogins: configSources.shares,
  })
  try {
    await control.listen()
  } catch (error) {
    await control.close()
    throw error
  }
  const { log } = command
  log.info({ url: control.url }, 'control API ready')
  if (!(own || isLoopback(api.host))) {
    const source = sourceOrOption(settings, ['api', 'host'], '--api-host')
    log.warn(`${source} ${api.host} without --api-tls: tokens cross the network in clear`)
  }
  return control
}
