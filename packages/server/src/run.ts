import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { RtspServer } from 'rtspool'
import { fileMedia } from 'rtspool/file'
import { banner } from './banner.js'
import { readCertificate, reloadOnHangup } from './certificate.js'
import { logDiagnostics } from './diagnostics-log.js'
import { logComings, logRefusals } from './event-log.js'
import { createLog } from './log.js'
import { type CommandOptions, parseCommandLine } from './options.js'
import { RepeatLimit } from './repeat-limit.js'
import { describeStartupError } from './startup-error.js'

const testPath = '/test'
const testFile = fileURLToPath(new URL('../assets/test.mp4', import.meta.url))

/** What a shell expects of a process that a signal ended: 128 + the number of the signal. */
const signalExitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/** Signals that follow the first one sooner than this are the same key press, not impatience. */
const samePressMs = 500

type StopSignal = keyof typeof signalExitCodes

/**
 * The command: reads its arguments, serves until a signal comes, and closes.
 *
 * The first SIGINT or SIGTERM closes cleanly, and so does SIGHUP where there is no certificate to read again; a second
 * one ends the process at once.
 *
 * `conform` as the first argument tries another server instead.
 *
 * @param args - Without the name of the program, as in `process.argv.slice(2)`.
 * @returns The exit code: 0 after a clean end, 1 when it could not start, 2 for a bad command line.
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

/** Loaded only when it is asked for: a server has no use for it. */
async function conformTo(args: readonly string[], version: string): Promise<number> {
  const { conform } = await import('./conform/conform.js')
  return conform(args, version, {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    width: process.stdout.columns,
  })
}

async function serve(options: CommandOptions, version: string): Promise<number> {
  const stop = stopSignal(options.tls ? ['SIGINT', 'SIGTERM'] : ['SIGINT', 'SIGTERM', 'SIGHUP'])
  const log = createLog(options.logLevel, process.stderr.isTTY === true)
  const repeats = new RepeatLimit(log)
  let server: RtspServer
  try {
    server = createServer(options)
    logComings(server, log)
    logRefusals(server, repeats)
    await server.listen()
  } catch (error) {
    stop.ignore()
    process.stderr.write(`${describeStartupError(error, options)}\n`)
    return 1
  }
  // A reader of our output that leaves must not end the server.
  process.stdout.on('error', () => log.debug('nobody reads the standard output'))
  const { address, port } = server.address()
  const tlsPort = options.tls && server.tlsAddress().port
  const { sendPaths } = server.stats()
  log.info(
    { version, address, port, tlsPort, sendTcp: sendPaths.tcp, sendUdp: sendPaths.udp },
    'ready',
  )
  if (options.auth?.basic === 'always') {
    log.warn(
      'passwords are taken in clear (--basic-in-clear): whoever listens on the way reads them',
    )
  }
  const endDiagnostics = logDiagnostics(log)
  const endReload = options.tls && reloadOnHangup(server, options.tls, log)
  const { host, publish, auth } = options
  const login = {
    toPlay: auth?.rules?.[0]?.read === 'authenticated',
    toPublish: auth !== undefined,
  }
  process.stdout.write(banner({ version, address, port, tlsPort, host, publish, login, testPath }))
  const signal = await stop.received
  log.info({ signal, sessions: server.pool.size }, 'closing')
  await server.close()
  repeats.close()
  log.info('closed')
  endReload?.()
  endDiagnostics()
  stop.ignore()
  return 0
}

function createServer(options: CommandOptions): RtspServer {
  const server = new RtspServer({
    port: options.port,
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.tls && { tls: { port: options.tls.port, ...readCertificate(options.tls) } }),
    ...(options.udpPorts === undefined ? {} : { udpPorts: options.udpPorts }),
    ...(options.multicast && { multicast: options.multicast }),
    ...(options.auth && { auth: options.auth }),
    pool: {
      maxSessions: options.maxSessions,
      maxSessionsPerAddress: options.maxSessionsPerAddress,
      timeout: options.sessionTimeout,
    },
  })
  server.mounts.add(testPath, fileMedia(testFile, { loop: true }))
  if (options.publish) server.mounts.allowPublish('/*')
  return server
}

interface StopSignalWait {
  readonly received: Promise<StopSignal>
  /** Gives the signals back their usual effect. */
  ignore(): void
}

function stopSignal(signals: readonly StopSignal[]): StopSignalWait {
  const { promise, resolve } = resolvers<StopSignal>()
  let firstAt: number | undefined
  const listener = (signal: StopSignal): void => {
    // npm passes Ctrl-C on to a process that got it from the terminal already.
    const now = performance.now()
    firstAt ??= now
    if (now - firstAt > samePressMs) process.exit(signalExitCodes[signal])
    resolve(signal)
  }
  for (const signal of signals) process.on(signal, listener)
  return {
    received: promise,
    ignore: () => {
      for (const signal of signals) process.off(signal, listener)
    },
  }
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function resolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

function ownVersion(): string {
  const file = new URL('../package.json', import.meta.url)
  const manifest: { readonly version: string } = JSON.parse(readFileSync(file, 'utf8'))
  return manifest.version
}
