import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import { RtspServer } from 'rtspool'
import { fileMedia } from 'rtspool/file'
import { banner } from './banner.js'
import { readCertificate, reloadCertificate } from './certificate.js'
import { logDiagnostics } from './log/diagnostics-log.js'
import { logComings, logRefusals } from './log/event-log.js'
import { type CommandLog, type LogOptions, openLog } from './log/log.js'
import { RepeatLimit } from './log/repeat-limit.js'
import { type CommandOptions, parseCommandLine } from './options.js'
import { logFaults } from './process-faults.js'
import { changeLevelAtSignal, rereadAtHangup, type StopSignal, stopSignal } from './signals.js'
import { describeStartupError } from './startup-error.js'
import { testFile, testPath, whyNoTestPicture } from './test-picture.js'

/**
 * Runs the command: parses its arguments, serves until a signal arrives, and closes.
 *
 * The first SIGINT or SIGTERM closes cleanly; a second one ends the process at once. With `conform`
 * as the first argument it tests another server instead.
 *
 * @param args - Arguments without the name of the program, as in `process.argv.slice(2)`.
 * @returns The exit code: 0 after a clean end, 1 if it could not start, 2 for a bad command line.
 */
export async function run(args: readonly string[]): Promise<number> {
  const version = ownVersion()
  if (args[0] === 'conform') return conformTo(args.slice(1), version)
  const invocation = parseCommandLine(args, version, process.env)
  switch (invocation.kind) {
    case 'print':
      process.stdout.write(invocation.stdout)
      return invocation.exitCode
    case 'refuse':
      process.stderr.write(invocation.stderr)
      return invocation.exitCode
    case 'serve':
      return serve(invocation.options, version)
  }
}

/** Loaded on demand, because a server does not need it. */
async function conformTo(args: readonly string[], version: string): Promise<number> {
  const { conform } = await import('rtspool-conform')
  return conform(args, version, {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    width: process.stdout.columns,
  })
}

async function serve(options: CommandOptions, version: string): Promise<number> {
  const opened = tryOpenLog(options.log)
  if (typeof opened === 'string') return cannotStart(opened)
  const stop = stopSignal()
  const { log } = opened
  const repeats = new RepeatLimit(log)
  const { tls } = options
  let server: RtspServer | undefined
  const reload = tls && (() => server && reloadCertificate(server, tls, log))
  const ends = [
    () => stop.ignore(),
    rereadAtHangup(opened, options.log.file, reload),
    changeLevelAtSignal(log),
    logFaults(log),
  ]
  try {
    server = createServer(options)
    logComings(server, repeats)
    logRefusals(server, repeats)
    await server.listen()
    ends.push(logDiagnostics(repeats))
    await serveUntil(stop.received, server, log, options, version)
    repeats.close()
    log.info('closed')
    return 0
  } catch (error) {
    return cannotStart(describeStartupError(error, options))
  } finally {
    await opened.close()
    for (const end of ends) end()
  }
}

function tryOpenLog(options: LogOptions): CommandLog | string {
  try {
    return openLog(options)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return `error: --log-file ${options.file} cannot be opened: ${reason}`
  }
}

/** @returns The exit code. */
function cannotStart(line: string): number {
  process.stderr.write(`${line}\n`)
  return 1
}

/** Prints the addresses of the server, and closes it after the signal. */
async function serveUntil(
  stopped: Promise<StopSignal>,
  server: RtspServer,
  log: Logger,
  options: CommandOptions,
  version: string,
): Promise<void> {
  // A closed reader of the standard output must not end the server.
  process.stdout.on('error', () => log.debug('nobody reads the standard output'))
  const { address, port } = server.address()
  const tlsPort = options.tls && server.tlsAddress().port
  const { sendPaths } = server.stats()
  log.info(
    { version, address, port, tlsPort, sendTcp: sendPaths.tcp, sendUdp: sendPaths.udp },
    'ready',
  )
  for (const warning of options.warnings) log.warn(warning)
  const whyNoTest = options.test ? whyNoTestPicture() : undefined
  if (whyNoTest !== undefined)
    log.error({ path: testPath, reason: whyNoTest }, `${testPath} cannot play`)
  const { host, publish, auth } = options
  const shownPath = options.test ? testPath : undefined
  const login = {
    toPlay: auth?.rules?.[0]?.read === 'authenticated',
    toPublish: auth !== undefined,
  }
  process.stdout.write(
    banner({ version, address, port, tlsPort, host, publish, login, testPath: shownPath }),
  )
  const signal = await stopped
  log.info({ signal, sessions: server.pool.size }, 'closing')
  await server.close()
}

function createServer(options: CommandOptions): RtspServer {
  const server = new RtspServer({
    port: options.port,
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.tls && { tls: { port: options.tls.port, ...readCertificate(options.tls) } }),
    ...(options.udpPorts === undefined ? {} : { udpPorts: options.udpPorts }),
    timeline: options.timeline,
    udpLiveness: options.udpLiveness,
    publisherTakeover: options.publisherTakeover,
    ...(options.multicast && { multicast: options.multicast }),
    ...(options.auth && { auth: options.auth }),
    maxConnections: options.maxConnections,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress,
    trustedAddresses: options.trustedAddresses,
    pool: {
      maxSessions: options.maxSessions,
      maxSessionsPerAddress: options.maxSessionsPerAddress,
      timeout: options.sessionTimeout,
    },
  })
  if (options.test) server.mounts.add(testPath, fileMedia(testFile, { loop: true }))
  if (options.publish) server.mounts.allowPublish('/*')
  return server
}

function ownVersion(): string {
  const file = new URL('../package.json', import.meta.url)
  const manifest: { readonly version: string } = JSON.parse(readFileSync(file, 'utf8'))
  return manifest.version
}
