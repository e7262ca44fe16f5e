import { Command, CommanderError, Option } from 'commander'
import { type AuthOptions, MulticastAddressPool, rtspServerDefaults, tlsDefaults } from 'rtspool'
import { type AuthFlags, authOf, usersVariable } from './auth-flags.js'
import { OptionValueError } from './option-value-error.js'

/** How much the log says; pino's levels. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number]

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
  /** Seconds without a sign of life after which a session ends; 0 is never. */
  readonly sessionTimeout: number
  /** First and last port of the range in which one even/odd pair is taken; by default the library's. */
  readonly udpPorts: readonly [first: number, last: number] | undefined
  /** Where media may be sent by multicast; `undefined` is nowhere. */
  readonly multicast: MulticastAddressPool | undefined
  /** Whether anyone may publish to any path that is not mounted. */
  readonly publish: boolean
  /** Who may play and publish; `undefined` is everybody. */
  readonly auth: AuthOptions | undefined
  readonly logLevel: LogLevel
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

const maxPort = 2 ** 16 - 1

/** Sessions that an address has in any case: the programs of one machine, and viewers behind a small NAT. */
const minShare = 16

/** What one address may take of all sessions: nobody gets everything, and many viewers fit behind one NAT. */
const shareOf = (maxSessions: number): number =>
  maxSessions === 0 ? 0 : Math.max(minShare, Math.ceil(maxSessions / 4))

/**
 * Makes a parser for a whole decimal number.
 *
 * @param flag - As the user wrote it, for the message.
 * @param first - The smallest number that is taken.
 * @param last - The largest number that is taken.
 */
function wholeNumber(flag: string, first: number, last: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (value >= first && value <= last) return value
    throw new OptionValueError(`${flag} must be a number from ${first} to ${last}, got '${text}'`)
  }
}

function parseHost(text: string): string {
  const host = /^\[.+\]$/.test(text) ? text.slice(1, -1) : text
  if (host !== '' && !/[\s/@]/.test(host)) return host
  throw new OptionValueError(`--host must be an address or a name, got '${text}'`)
}

function parseUdpPorts(text: string): readonly [number, number] {
  const range = /^(\d{1,5})-(\d{1,5})$/.exec(text)
  const first = Number(range?.[1])
  const last = Number(range?.[2])
  if (!(first >= 1 && first <= last && last <= maxPort)) {
    const shape = `two ports from 1 to ${maxPort} as in 20000-20001`
    throw new OptionValueError(`--udp-ports must be ${shape}, got '${text}'`)
  }
  // RFC 3550 section 11: RTP has an even port, RTCP the odd one after it.
  const firstEven = first + (first % 2)
  if (firstEven + 1 > last) {
    const need = 'must hold an even port and the odd one after it'
    throw new OptionValueError(`--udp-ports ${need}, got '${text}'`)
  }
  return [first, last]
}

function parseMulticast(text: string): MulticastAddressPool {
  try {
    return new MulticastAddressPool({ groups: text.split(',') })
  } catch (error) {
    throw new OptionValueError(`--multicast: ${error instanceof Error ? error.message : error}`)
  }
}

/** As written: what is left out here depends on the others. */
type CommandFlags = Omit<CommandOptions, 'maxSessionsPerAddress'> & {
  readonly maxSessionsPerAddress?: number
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

function parseLogLevel(text: string): LogLevel {
  const level = logLevels.find((candidate) => candidate === text)
  if (level !== undefined) return level
  throw new OptionValueError(`--log-level must be one of ${logLevels.join(', ')}, got '${text}'`)
}

/** For options that may be repeated. */
const collect = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
]

function createCommand(version: string): Command {
  const timeoutMax = 2 ** 31 - 1
  const sessionsMax = 2 ** 32 - 1
  return new Command('rtspool')
    .description('An RTSP server: plays /test, and relays whatever is published to any other path.')
    .usage('[options]')
    .allowExcessArguments(false)
    .addOption(
      new Option('--port <port>', 'TCP port to listen on; 0 lets the system choose')
        .default(8554)
        .argParser(wholeNumber('--port', 0, maxPort)),
    )
    .addOption(
      new Option('--host <host>', 'address to listen on (default: all addresses)').argParser(
        parseHost,
      ),
    )
    .addOption(
      new Option('--tls-port <port>', 'TCP port for rtsps; 0 lets the system choose')
        .default(tlsDefaults.port)
        .argParser(wholeNumber('--tls-port', 0, maxPort)),
    )
    .option('--tls-key <file>', 'private key in PEM: turns rtsps on, SIGHUP reads it again')
    .option('--tls-cert <file>', 'certificate in PEM, with its chain; read again as the key is')
    .addOption(
      new Option('--max-sessions <n>', 'most sessions at a time; 0 is no limit')
        .default(1000)
        .argParser(wholeNumber('--max-sessions', 0, sessionsMax)),
    )
    .addOption(
      new Option(
        '--max-sessions-per-address <n>',
        `most sessions of one address; 0 is no limit (default: a quarter of --max-sessions, at least ${minShare})`,
      ).argParser(wholeNumber('--max-sessions-per-address', 0, sessionsMax)),
    )
    .addOption(
      new Option(
        '--session-timeout <seconds>',
        'silence, and 5 s more, that ends a session; 0 is never',
      )
        .default(60)
        .argParser(wholeNumber('--session-timeout', 0, timeoutMax)),
    )
    .addOption(
      new Option(
        '--udp-ports <a-b>',
        `range in which one even/odd pair of UDP ports is taken (default: ${rtspServerDefaults.udpPorts.join('-')})`,
      ).argParser(parseUdpPorts),
    )
    .addOption(
      new Option(
        '--multicast <groups>',
        'groups for multicast, as 239.255.12.0/24; several with commas (default: none)',
      ).argParser(parseMulticast),
    )
    .option('--no-publish', 'let nobody publish')
    .option(
      '--user <name:password>',
      `a user; may be repeated, or ${usersVariable} in the environment (default: everybody may do everything)`,
      collect,
    )
    .option('--publish-user <name>', 'a user who may publish (default: all users)', collect)
    .option('--public-read', 'let everybody play; users are needed to publish')
    .option('--basic-in-clear', 'take passwords without TLS: for clients that know no Digest')
    .addOption(
      new Option('--log-level <level>', logLevels.join(', '))
        .default('info')
        .argParser(parseLogLevel),
    )
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
  const isTlsPortGiven = command.getOptionValueSource('tlsPort') === 'cli'
  return Object.freeze({
    port: flags.port,
    host: flags.host,
    tls: tlsFilesOf(flags, isTlsPortGiven),
    maxSessions: flags.maxSessions,
    maxSessionsPerAddress: flags.maxSessionsPerAddress ?? shareOf(flags.maxSessions),
    sessionTimeout: flags.sessionTimeout,
    udpPorts: flags.udpPorts,
    multicast: flags.multicast,
    publish: flags.publish,
    auth: authOf(flags, environment),
    logLevel: flags.logLevel,
  })
}

/** One line on stderr: some of commander's messages have a second one with a suggestion. */
function refusal(message: string): Invocation {
  const text = message
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
  return { kind: 'refuse', stderr: `error: ${text}\n`, exitCode: 2 }
}
