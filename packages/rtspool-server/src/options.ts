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

/** Settings of the command line. */
export interface CommandOptions {
  /** TCP port to listen on; 0 lets the system choose. */
  readonly port: number
  /** Address or name to listen on; `undefined` = every address of the machine. */
  readonly host: string | undefined
  /** RTSP over TLS; `undefined` without a key and a certificate. */
  readonly tls: TlsFiles | undefined
  /** Limit on sessions; 0 = unlimited. */
  readonly maxSessions: number
  /** Limit on the sessions of one address; 0 = unlimited. */
  readonly maxSessionsPerAddress: number
  /** Limit on connections; 0 = unlimited, `undefined` = the library's default. */
  readonly maxConnections: number | undefined
  /** Limit on the connections of one address; 0 = unlimited, `undefined` = the library's default. */
  readonly maxConnectionsPerAddress: number | undefined
  /** Addresses without a limit of their own; `undefined` = the library's default. */
  readonly trustedAddresses: readonly string[] | undefined
  /** Seconds without a sign of life after which a session ends; 0 = never. */
  readonly sessionTimeout: number
  /**
   * First and last port of the range from which one even/odd pair is taken; `undefined` = the
   * library's default.
   */
  readonly udpPorts: readonly [first: number, last: number] | undefined
  /** Signs of life of viewers by UDP, besides their requests and RTCP. */
  readonly udpLiveness: UdpLiveness
  /** Condition under which a second publisher replaces the first on a path. */
  readonly publisherTakeover: PublisherTakeover
  /** Multicast groups to send media to; `undefined` = no multicast. */
  readonly multicast: MulticastAddressPool | undefined
  /** Allows anyone to publish to any path that is not mounted. */
  readonly publish: boolean
  /** Plays the test picture. */
  readonly test: boolean
  /** Timeline that viewers see when a publisher jumps or restarts. */
  readonly timeline: TimelinePolicy
  /** Users and rights; `undefined` = everybody may play and publish. */
  readonly auth: AuthOptions | undefined
  readonly log: LogOptions
  /** Warnings about allowed settings that are mostly mistakes, one line each. */
  readonly warnings: readonly string[]
}

/** Port of RTSP over TLS, and the files of its key and certificate. */
export interface TlsFiles {
  /** TCP port; 0 lets the system choose. */
  readonly port: number
  /** Path of the private key in PEM. */
  readonly keyFile: string
  /** Path of the certificate in PEM, with the intermediate certificates up to its authority. */
  readonly certFile: string
}

/** Action that a command line requests: serve, or print something and exit. */
export type Invocation =
  | { readonly kind: 'serve'; readonly options: CommandOptions }
  | { readonly kind: 'print'; readonly stdout: string; readonly exitCode: 0 }
  | { readonly kind: 'refuse'; readonly stderr: string; readonly exitCode: 2 }

/** Flags as written: defaults that depend on other flags are still missing. */
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

/** Converts an entry of the table to an option of commander. */
function optionOf({ flags, text, value, defaultText, parse }: OptionEntry): Option {
  const words = defaultText === undefined ? text : `${text} (default: ${defaultText})`
  const option = new Option(flags, words)
  if (value !== undefined) option.default(value)
  return parse ? option.argParser(parse) : option
}

/**
 * Creates the command of a server.
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
 * Parses a command line.
 *
 * @param args - Arguments without the name of the program, as in `process.argv.slice(2)`.
 * @param version - Printed by `--version`.
 * @param environment - Environment of the process.
 * @returns The action; a bad line is returned as one line of text, never as an exception.
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
    // Not quoted: it may be a password whose option is missing.
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

/** Session timeout in seconds that leaves every tested client enough time for its signs of life. */
const shortestSafeTimeout = 10

function timeoutWarnings(seconds: number): string[] {
  if (seconds === 0 || seconds >= shortestSafeTimeout) return []
  const reason =
    'go2rtc loses its session every 10 s at 5 or less, ffmpeg floods with requests at 1'
  return [`--session-timeout ${seconds} is short for some clients: ${reason}`]
}

/** Makes one line for stderr: some messages of commander have a second line with a suggestion. */
function refusal(message: string): Invocation {
  const text = message
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
  return { kind: 'refuse', stderr: `error: ${text}\n`, exitCode: 2 }
}
