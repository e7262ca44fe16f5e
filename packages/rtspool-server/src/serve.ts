import type { Logger } from 'pino'
import { RtspServer, type TlsCertificate } from 'rtspool'
import type { ControlService } from './api/control-service.js'
import { BanFile, banFileName, banFileSource } from './ban-file.js'
import { banner, examplePath } from './banner.js'
import { followLimits } from './cluster/server-limits.js'
import { type ClusterService, openCluster } from './cluster.js'
import { readCertificate } from './config/certificate.js'
import { applyMounts, mountPlanOf, noMounts } from './config/mount-plan.js'
import { ReloadControl } from './config/reload/reload-control.js'
import type { Config } from './config/schema.js'
import { withClusterSecrets } from './config/sections/cluster/cluster-secrets.js'
import { recordingPlansOf } from './config/sections/recordings.js'
import { sourcePlansOf } from './config/sections/sources/source-plans.js'
import { serverOptionsOf } from './config/server-options.js'
import type { Settings } from './config/settings.js'
import { tryOpenLog } from './configured-log.js'
import { startControl } from './control.js'
import { drainAndClose, type Servers } from './drain-and-close.js'
import type { LiveService } from './live/live-service.js'
import { startLive } from './live-port.js'
import { logDiagnostics } from './log/diagnostics-log.js'
import { logBans, logComings, logRefusals } from './log/event-log.js'
import { LevelSwitch } from './log/level-switch.js'
import { logMotion } from './log/motion-log.js'
import { logRecordings, logReplayFailures } from './log/recording-log.js'
import { RepeatLimit } from './log/repeat-limit.js'
import { logSources } from './log/source-log.js'
import { followMotion } from './motion/motion-cameras.js'
import { MotionService } from './motion/motion-service.js'
import type { CommandOptions } from './options.js'
import { logFaults } from './process-faults.js'
import type { OwnProcess } from './processes/own-process.js'
import { RecordingService } from './recording/recording-service.js'
import { Replay } from './replay/replay.js'
import { changeLevelAtSignal, rereadAtHangup, type StopSignal, stopSignal } from './signals.js'
import { SourceService } from './sources/source-service.js'
import { describeStartupError } from './startup-error.js'
import { testPath, whyNoTestPicture } from './test-picture.js'

/**
 * Starts the server with its log, control API and other parts, serves until a signal arrives, and closes all of them.
 *
 * @param own - This process, if it is one of several of the same server. Only the first has the API and the file of bans.
 * @returns The exit code: 0 after a clean end, 1 if the server could not start.
 */
export async function serve(
  options: CommandOptions,
  version: string,
  own?: OwnProcess,
): Promise<number> {
  const { settings } = options
  const { config } = settings
  const leads = own?.leads ?? true
  const opened = tryOpenLog(settings, own?.number)
  if (typeof opened === 'string') return cannotStart(opened)
  const stop = stopSignal()
  const { log } = opened
  const repeats = new RepeatLimit(log)
  const levels = new LevelSwitch(log)
  let server: RtspServer | undefined
  let bans: BanFile | undefined
  let cluster: ClusterService | undefined
  let reload: ReloadControl | undefined
  let control: ControlService | undefined
  let live: LiveService | undefined
  let recordings: RecordingService | undefined
  let sources: SourceService | undefined
  const ends = [
    () => stop.ignore(),
    rereadAtHangup(opened, config.log.file, () => void reload?.reload('SIGHUP')),
    changeLevelAtSignal(levels),
    logFaults(log),
  ]
  try {
    const certificate = readCertificate(settings)
    const plans = sourcePlansOf(settings, options.sources.environment)
    cluster = await openCluster(withClusterSecrets(settings), repeats, own)
    const rtsp = createServer(settings, certificate, cluster, own)
    server = rtsp
    logComings(server, repeats)
    logRefusals(server, repeats)
    logBans(server, repeats)
    bans = leads ? await openBanFile(options, server, log) : undefined
    await cluster?.start(rtsp, version)
    const shares = cluster && (await own?.sources.begin(plans, cluster.node.peers))
    sources = new SourceService(rtsp.mounts, { isHeld: true, start: own?.startProgram, shares })
    logSources(sources, repeats)
    // Mounted first, because a relay that meets 404 does not ask again for minutes.
    sources.update(plans)
    await own?.siblings.listen(rtsp)
    own?.sources.follow(sources)
    await server.listen()
    ends.push(logDiagnostics(repeats))
    live = leads ? await startLive(rtsp, config, certificate, log) : undefined
    const motion = new MotionService()
    logMotion(motion, repeats)
    recordings = new RecordingService(rtsp, { motion })
    ends.push(followMotion(motion, sources, recordings))
    logRecordings(recordings, repeats)
    const replay = new Replay(rtsp.mounts, recordings, logReplayFailures(repeats))
    // The API needs the object that reloads, and that object the port of the API, which opens last.
    const apiPort = {
      reloadCertificate: (next: TlsCertificate) => control?.reloadCertificate(next),
    }
    const otherPorts = live ? [live, apiPort] : [apiPort]
    reload = new ReloadControl(options, {
      ...{ server, log, levels, certificate, otherPorts },
      ...{ recordings, sources, replay },
    })
    ends.push(() => reload?.close())
    own?.reloads.begin(reload, leads)
    const configuration = reload
    const feed = () => control?.feed
    if (cluster) followLimits(cluster.node, { rtsp, log, reloader: reload.reloader, feed })
    if (leads) {
      control = await startControl(options, {
        ...{ rtsp, log, repeats, version, configuration, live },
        ...{ recordings, sources, certificate, cluster, own },
      })
    }
    sources.begin()
    const recordingPlans = recordingPlansOf(config.recordings)
    recordings.update(recordingPlans)
    replay.update(config.replay, recordingPlans.length > 0)
    const { reloader } = reload
    const servers = { server, control, recordings, sources, cluster, own }
    await serveUntil(stop.received, servers, log, settings, version, () => reloader.current.config)
    await live?.close()
    repeats.close()
    log.info('closed')
    return 0
  } catch (error) {
    cluster?.closeTunnels()
    await Promise.all([server?.close(), live?.close(), recordings?.close(), sources?.close()])
    await cluster?.close()
    return cannotStart(describeStartupError(error, settings))
  } finally {
    await bans?.close()
    await opened.close()
    for (const end of ends) end()
  }
}

/**
 * Adds the bans of an earlier process, from the configured file, to the pool, and stores later changes in the file.
 *
 * @returns `undefined` if the configuration has no file for bans.
 * @throws {FileError} The file cannot be read, used or written.
 */
async function openBanFile(
  { settings, sources }: CommandOptions,
  { pool }: RtspServer,
  log: Logger,
): Promise<BanFile | undefined> {
  const file = banFileName(settings.config, sources.environment)
  if (file === undefined) return undefined
  const source = banFileSource(settings, file)
  const onFailure = (err: unknown): void => log.error({ file, err }, 'bans cannot be saved')
  return BanFile.open(file, pool, { source, onFailure })
}

/** Prints the reason why the server cannot start to the standard error. @returns The exit code, 1. */
function cannotStart(line: string): number {
  process.stderr.write(`${line}\n`)
  return 1
}

/** Parts of the running command that end with it. */
interface RunningServers extends Servers {
  readonly server: RtspServer
  readonly control: ControlService | undefined
  readonly sources: SourceService
  readonly cluster: ClusterService | undefined
  readonly own: OwnProcess | undefined
}

/**
 * Prints the banner, waits for the signal that ends the server, and closes all its parts. After SIGTERM, sessions first
 * have the configured seconds to end.
 *
 * @param current - Returns the present configuration, which a reload may have changed.
 */
async function serveUntil(
  stopped: Promise<StopSignal>,
  servers: RunningServers,
  log: Logger,
  settings: Settings,
  version: string,
  current: () => Config,
): Promise<void> {
  const { server, control, sources, cluster, own } = servers
  // A closed reader of the standard output must not end the server.
  process.stdout.on('error', () => log.debug('nobody reads the standard output'))
  logReady(server, log, settings, version)
  const isShown = own === undefined || (own.leads && !own.isRestart)
  if (isShown) process.stdout.write(bannerOf({ server, control }, settings, version))
  await own?.noteReady({ rtsp: server, sources, cluster, version })
  const signal = await stopped
  await drainAndClose(signal, servers, { sessions: current().sessions, log })
}

function logReady(server: RtspServer, log: Logger, settings: Settings, version: string): void {
  const { config, file, warnings } = settings
  const { address, port } = addressOf(server, config)
  const tlsPort = hasTls(config) ? server.tlsAddress().port : undefined
  const { sendPaths } = server.stats()
  log.info(
    {
      ...{ version, address, port, tlsPort, config: file?.name },
      ...{ sendTcp: sendPaths.tcp, sendUdp: sendPaths.udp },
    },
    'ready',
  )
  for (const warning of warnings) log.warn(warning)
  const whyNoTest = config.testPicture ? whyNoTestPicture() : undefined
  if (whyNoTest !== undefined)
    log.error({ path: testPath, reason: whyNoTest }, `${testPath} cannot play`)
}

const hasTls = ({ tls }: Config): boolean => tls.keyFile !== undefined

/** Returns the address of the port for plain RTSP, or of the TLS port if there is no plain one. */
const addressOf = (server: RtspServer, { rtsp }: Config) =>
  rtsp.port === false ? server.tlsAddress() : server.address()

function bannerOf(
  { server, control }: Pick<RunningServers, 'server' | 'control'>,
  { config, auth }: Settings,
  version: string,
): string {
  const { address, port } = addressOf(server, config)
  return banner({
    ...{ version, address, port },
    scheme: config.rtsp.port === false ? 'rtsps' : 'rtsp',
    tlsPort: hasTls(config) && config.rtsp.port !== false ? server.tlsAddress().port : undefined,
    host: config.rtsp.host,
    publish: config.publish.paths.length > 0,
    publishPath: config.publish.paths.slice(0, 1).map(examplePath)[0],
    login: {
      toPlay: auth?.rules?.[0]?.read === 'authenticated',
      toPublish: auth !== undefined,
    },
    testPath: config.testPicture ? testPath : undefined,
    control,
  })
}

function createServer(
  settings: Settings,
  certificate: TlsCertificate | undefined,
  cluster: ClusterService | undefined,
  own: OwnProcess | undefined,
): RtspServer {
  const options = serverOptionsOf(settings, certificate)
  const httpTunnel = options.httpTunnel && (own?.siblings.takeTunnel ?? cluster?.takeTunnel ?? true)
  const server = new RtspServer({ ...(cluster?.serverOptions(options) ?? options), httpTunnel })
  applyMounts(server.mounts, noMounts, mountPlanOf(settings.config))
  return server
}
