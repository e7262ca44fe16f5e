import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { captureOutput } from './command-line/capture-output.js'
import { unknownOption } from './command-line/unknown-option.js'
import type { Credentials } from './credentials.js'
import { type ParsedTarget, type Presentation, parseTarget } from './target.js'
import type { TrialTargets } from './trial.js'

/** Settings that the command line of `rtspool conform` gives. */
export interface ConformOptions {
  readonly targets: TrialTargets
  /** Ids of the conformance tests to run, or beginnings of ids; all tests if empty. */
  readonly only: readonly string[]
  /** Time limit in seconds for each conformance test. */
  readonly timeout: number
  readonly isStrict: boolean
  readonly isSlow: boolean
  /** True to leave passed and skipped tests out of the printed table. */
  readonly isBrief: boolean
  /** File for the report in JSON; `-` writes it to the standard output in place of the table. */
  readonly json: string | undefined
}

/** Action that a command line requests: run tests, list tests, print a text, or refuse a mistake with an exit code. */
export type ConformInvocation =
  | { readonly kind: 'run'; readonly options: ConformOptions }
  | { readonly kind: 'list'; readonly isJson: boolean }
  | { readonly kind: 'print'; readonly stdout: string; readonly exitCode: 0 }
  | { readonly kind: 'refuse'; readonly stderr: string; readonly exitCode: 2 }

interface Flags {
  readonly publish?: string
  readonly seekable?: string
  readonly private?: string
  readonly multicast?: string
  readonly user?: Credentials
  readonly tunnel?: 'http' | 'ws'
  readonly insecure?: boolean
  readonly only?: string[]
  readonly timeout: number
  readonly slow?: boolean
  readonly brief?: boolean
  readonly strict?: boolean
  readonly json?: string | true
  readonly list?: boolean
}

const maxTimeout = 600

function parseUser(text: string): Credentials {
  const colon = text.indexOf(':')
  // Not quoted in the message: it may be a password.
  if (colon < 1) throw new InvalidArgumentError('expected name:password')
  return { name: text.slice(0, colon), password: text.slice(colon + 1) }
}

function parseTimeout(text: string): number {
  const value = Number(text)
  if (value > 0 && value <= maxTimeout) return value
  throw new InvalidArgumentError(`expected seconds, more than 0 and up to ${maxTimeout}`)
}

function parseIds(text: string, earlier: string[] = []): string[] {
  const ids = text.split(',').map((id) => id.trim().toUpperCase())
  return [...earlier, ...ids.filter((id) => id !== '')]
}

const exitCodes = `
Exit code: 0 no row failed, 1 rows failed, 2 nothing could be tried.
A row of level "must" that is not met fails; of the other levels it differs, and fails with --strict.`

/** Creates the command-line parser of `rtspool conform`. */
export function createConformCommand(): Command {
  return new Command('rtspool conform')
    .description('Tries the rules of RTSP on a server, whichever it is, and says which it keeps.')
    .argument(
      '[url]',
      'what the server plays: rtsp:, rtspt:, rtsps:, rtsph:, http:, https:, ws: or wss:',
    )
    .option('--publish <url>', 'a path where a client may publish, and where nobody does now')
    .option('--seekable <url>', 'something stored, in which a client may seek')
    .option('--private <url>', 'something that --user may play and nobody else')
    .option('--multicast <url>', 'something that can be set up as multicast')
    .addOption(
      new Option(
        '--user <name:password>',
        'for whatever asks for it; rows answer a 401 with Digest or Basic',
      ).argParser(parseUser),
    )
    .addOption(
      new Option(
        '--tunnel <kind>',
        'http or ws: carry RTSP through HTTP or WebSocket to the port of the URL',
      ).choices(['http', 'ws']),
    )
    .option('--insecure', 'take the certificate of the server as it comes')
    .addOption(
      new Option(
        '--only <ids>',
        'some rows, or begins of their ids, as in A-SET-7,A-MSG',
      ).argParser(parseIds),
    )
    .addOption(
      new Option('--timeout <seconds>', 'for each row that needs no more')
        .default(5)
        .argParser(parseTimeout),
    )
    .option('--slow', 'also the rows that wait for a session to expire')
    .option('--strict', 'every level binds, the decisions of rtspool too')
    .option('--brief', 'print only the rows that are not met')
    .option(
      '--json [file]',
      'the report as JSON: to a file beside the table, or in the place of the table',
    )
    .option('--list', 'print the rows and end; with --json as JSON')
    .allowExcessArguments(false)
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', exitCodes)
}

/**
 * Parses the command line of `rtspool conform`.
 *
 * @param args - Arguments after `conform`.
 * @returns The action. A mistake in the line becomes an action that prints one line of text;
 *   nothing is thrown.
 */
export function parseConformLine(args: readonly string[]): ConformInvocation {
  const command = createConformCommand()
  const output = captureOutput(command)
  try {
    command.parse(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'print', stdout: output.stdout, exitCode: 0 }
    if (error.code === 'commander.unknownOption') return refusal(unknownOption(error, command))
    return refusal(output.stderr || error.message)
  }
  const flags = command.opts<Flags>()
  if (flags.list) return { kind: 'list', isJson: flags.json !== undefined }
  return invocationOf(command.args[0], flags)
}

function invocationOf(url: string | undefined, flags: Flags): ConformInvocation {
  if (url === undefined) return refusal('expected the URL of something that the server plays')
  const main = parseTarget(url, flags.tunnel)
  if (typeof main === 'string') return refusal(main)
  const others: Record<string, Presentation> = {}
  for (const name of ['publish', 'seekable', 'private', 'multicast'] as const) {
    const text = flags[name]
    if (text === undefined) continue
    const parsed = parseTarget(text)
    if (typeof parsed === 'string') return refusal(`--${name}: ${parsed}`)
    others[name] = inCarrierOf(main, parsed).presentation
  }
  const { json } = flags
  return {
    kind: 'run',
    options: {
      targets: {
        main: main.presentation,
        ...{ publish: others.publish, seekable: others.seekable },
        ...{ private: others.private, multicast: others.multicast },
        carrier: main.carrier,
        isInsecure: flags.insecure === true,
        credentials: flags.user ?? main.credentials,
      },
      only: flags.only ?? [],
      timeout: flags.timeout,
      isStrict: flags.strict === true,
      isSlow: flags.slow === true,
      isBrief: flags.brief === true,
      json: json === true ? '-' : json,
    },
  }
}

/**
 * Gives a further URL the request scheme (`rtsp:` or `rtsps:`) of the main URL, whose carrier (TCP,
 * TLS or tunnel) its requests use. The host and port of the further URL stay.
 */
function inCarrierOf(main: ParsedTarget, other: ParsedTarget): ParsedTarget {
  const scheme = main.presentation.uri.startsWith('rtsps:') ? 'rtsps:' : 'rtsp:'
  const uri = other.presentation.uri.replace(/^rtsps?:/, scheme)
  return { ...other, presentation: { ...other.presentation, uri } }
}

/** Creates the action that prints a mistake as one line on the standard error. */
function refusal(message: string): ConformInvocation {
  const text = message
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
  return { kind: 'refuse', stderr: `error: ${text}\n`, exitCode: 2 }
}
