import { Command, CommanderError, Option } from 'commander'
import type {
  AuthOptions,
  MulticastAddressPool,
  PublisherTakeover,
  TimelinePolicy,
  UdpLiveness,
} from 'rtspool'
import { unknownOption } from 'rtspool-conform/command-line'
import type { LogOptions } from './log/log.js'
import { type AuthFlags, authOf } from './options/auth-flags.js'
import { type OptionEntry, optionTable } from './options/option-table.js'
import { OptionValueError } from './options/option-value-error.js'
import { type LogFormat, type LogLevel, shareOf } from './options/option-values.js'

/** What the command line decides. */
export interface CommandOptions {
  /** TCP port to listen on; 0 lets the system choose. */
  readonly port: number
  /** Address or name to listen on; `undefined` is every address of the machine. */
  readonly host: string | undefined
  /** RTSP over TLS; `undefined` without a key and a certificate. */
  readonly tls: TlsFiles | undefined
  /** Most sessions at a time; 0 is no limit. */
  readonly maxSessions: number
  /** Most sessions of one address at a time; 0 is no limit. */
  readonly maxSessionsPerAddress: number
  /** Most connections at a time, 0 is no limit; by default the library's. */
  readonly maxConnections: number | undefined
  /** Most connections of one address at a time, 0 is no limit; by default the library's. */
  readonly maxConnectionsPerAddress: number | undefined
  /** Addresses without a limit of their own; by default the library's. */
  readonly trustedAddresses: readonly string[] | undefined
  /** Seconds without a sign of life after which a session ends; 0 is never. */
  readonly sessionTimeout: number
  /** First and last port of the range in which one even/odd pair is taken; by default the library's. */
  readonly udpPorts: readonly [first: number, last: number] | undefined
  /** What keeps viewers by UDP besides their requests and their RTCP. */
  readonly udpLiveness: UdpLiveness
  /** When a second publisher takes the path of the first. */
  readonly publisherTakeover: PublisherTakeover
  /** Where media may be sent by multicast; `undefined` is nowhere. */
  readonly multicast: MulticastAddressPool | undefined
  /** Whether anyone may publish to any path that is not mounted. */
  readonly publish: boolean
  /** Whether the test picture is played. */
  readonly test: boolean
  /** What viewers see when a publisher jumps or begins anew. */
  readonly timeline: TimelinePolicy
  /** Who may play and publish; `undefined` is everybody. */
  readonly auth: AuthOptions | undefined
  readonly log: LogOptions
  /** What is allowed and mostly a mistake, a line each. */
  readonly warnings: readonly string[]
}

/** Where RTSP over TLS is served, and where its key and certificate are read from. */
export interface TlsFiles {
  /** TCP port; 0 lets the system choose. */
  readonly port: number
  /** Path of the private key in PEM. */
  readonly keyFile: string
  /** Path of the certificate in PEM, with those between it and its authority. */
  readonly certFile: string
}

/** What a command line asks for: to serve, or only to print something and leave. */
export type Invocation =
  | { readonly kind: 'serve'; readonly options: CommandOptions }
  | { readonly kind: 'print'; readonly stdout: string; readonly exitCode: 0 }
  | { readonly kind: 'refuse'; readonly stderr: string; readonly exitCode: 2 }

/** As written: what is left out here depends on the others. */
type CommandFlags = Omit<CommandOptions, 'maxSessionsPerAddress'> & {
  readonly maxSessionsPerAddress?: number
  readonly logLevel: LogLevel
  readonly logFormat?: LogFormat
  readonly logFile?: string
}

interface TlsFlags {
  readonly tlsPort: number
  readonly tlsKey?: string
  readonly tlsCert?: string
}

function tlsFilesOf({ tlsPort, tlsKey, tlsCert }: TlsFlags, isPortGiven: boolean) {
  if (tlsKey !== undefined && tlsCert !== undefined) {
    return { port: tlsPort, keyFile: tlsKey, certFile: tlsCert }
  }
  const isAnyGiven = tlsKey !== undefined || tlsCert !== undefined || isPortGiven
  if (!isAnyGiven) return undefined
  const missing = tlsKey === undefined ? '--tls-key' : '--tls-cert'
  throw new OptionValueError(`TLS needs --tls-key and --tls-cert, got no ${missing}`)
}

/** The option of commander that an entry of the table stands for. */
function optionOf({ flags, text, value, defaultText, parse }: OptionEntry): Option {
  const words = defaultText === undefined ? text : `${text} (default: ${defaultText})`
  const option = new Option(flags, words)
  if (value !== undefined) option.default(value)
  return parse ? option.argParser(parse) : option
}

/**
 * Makes the command of a server.
 *
 * @param version - Printed by `--version`.
 */
export function createCommand(version: string): Command {
  const command = new Command('rtspool')
    .description('An RTSP server: plays /test, and relays whatever is published to any other path.')
    .usage('[options]')
    .allowExcessArguments(false)
  for (const entry of optionTable) command.addOption(optionOf(entry))
  return command
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'after',
      '\nrtspool conform URL tries the rules of RTSP on another server: rtspool conform --help',
    )
}

const excess = 'expected options, or conform and a URL; see --help'

/**
 * Reads a command line.
 *
 * @param args - Without the name of the program, as in `process.argv.slice(2)`.
 * @param version - What `--version` prints.
 * @param environment - Of the process.
 * @returns What to do; a bad line is one line of text, never an exception.
 */
export function parseCommandLine(
  args: readonly string[],
  version: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): Invocation {
  let stdout = ''
  let stderr = ''
  const command = createCommand(version)
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: (text) => {
        stdout += text
      },
      writeErr: (text) => {
        stderr += text
      },
    })
  try {
    command.parse(args, { from: 'user' })
    return { kind: 'serve', options: commandOptions(command, environment) }
  } catch (error) {
    if (error instanceof OptionValueError) return refusal(error.message)
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'print', stdout, exitCode: 0 }
    // Not quoted: it may be a password without its option.
    if (error.code === 'commander.excessArguments') return refusal(excess)
    if (error.code === 'commander.unknownOption') return refusal(unknownOption(error, command))
    return refusal(stderr || error.message)
  }
}

function commandOptions(
  command: Command,
  environment: Readonly<Record<string, string | undefined>>,
): CommandOptions {
  const flags = command.opts<CommandFlags & TlsFlags & AuthFlags>()
  if (!flags.publish && flags.publishUser !== undefined) {
    throw new OptionValueError('--publish-user and --no-publish exclude each other')
  }
  const { auth, warnings } = authOf(flags, environment)
  const isTlsPortGiven = command.getOptionValueSource('tlsPort') === 'cli'
  return Object.freeze({
    port: flags.port,
    host: flags.host,
    tls: tlsFilesOf(flags, isTlsPortGiven),
    maxSessions: flags.maxSessions,
    maxSessionsPerAddress: flags.maxSessionsPerAddress ?? shareOf(flags.maxSessions),
    maxConnections: flags.maxConnections,
    maxConnectionsPerAddress: flags.maxConnectionsPerAddress,
    trustedAddresses: flags.trustedAddresses,
    sessionTimeout: flags.sessionTimeout,
    udpPorts: flags.udpPorts,
    udpLiveness: flags.udpLiveness,
    publisherTakeover: flags.publisherTakeover,
    multicast: flags.multicast,
    publish: flags.publish,
    test: flags.test,
    timeline: flags.timeline,
    auth,
    log: Object.freeze({ level: flags.logLevel, format: flags.logFormat, file: flags.logFile }),
    warnings: [...warnings, ...timeoutWarnings(flags.sessionTimeout)],
  })
}

/** Seconds that leave every client that was tried room for its signs of life. */
const shortestSafeTimeout = 10

function timeoutWarnings(seconds: number): string[] {
  if (seconds === 0 || seconds >= shortestSafeTimeout) return []
  const reason =
    'go2rtc loses its session every 10 s at 5 or less, ffmpeg floods with requests at 1'
  return [`--session-timeout ${seconds} is short for some clients: ${reason}`]
}

/** One line on stderr: some of commander's messages have a second one with a suggestion. */
function refusal(message: string): Invocation {
  const text = message
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
  return { kind: 'refuse', stderr: `error: ${text}\n`, exitCode: 2 }
}
