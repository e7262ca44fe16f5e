import { Command, InvalidArgumentError } from 'commander'
import { type CommandOutput, runCommand } from '../config/commands/config-command.js'
import type { Environment } from '../config/environment.js'
import { type ControlCall, callApi } from './call-api.js'
import {
  type BanAnswer,
  banLines,
  type KickAnswer,
  kickLines,
  type LimitsAnswer,
  limitLines,
  type MapAnswer,
  nodeLines,
  type Printed,
  type SessionsAnswer,
  sessionLines,
} from './tables.js'

const defaultUrl = 'http://127.0.0.1:9997'

/** Call of the control API that a command line requests, and the function that writes its answer as lines. */
export interface ControlTask extends ControlCall {
  /** URL of the API. */
  readonly api: string
  readonly linesOf: (answer: never) => Printed
}

interface ApiOption {
  readonly api: string
}
interface FilterOptions extends ApiOption {
  readonly user?: string
  readonly address?: string
  readonly path?: string
}
interface LimitOptions extends ApiOption {
  readonly node?: string
}
interface BanOptions extends FilterOptions {
  readonly seconds?: number
  readonly reason?: string
}

/**
 * Creates the command-line parser of `rtspool control`.
 *
 * @param run - Called with what the command line requests.
 */
export function createControlCommand(run: (task: ControlTask) => void): Command {
  const command = new Command('rtspool control').description(
    'Asks a running server, and through it all servers of its cluster. The token is in RTSPOOL_TOKEN.',
  )
  const add = (usage: string, text: string): Command =>
    command
      .command(usage)
      .description(text)
      .option('--api <url>', 'URL of the control API', defaultUrl)
  const filtered = (part: Command): Command =>
    part
      .option('--user <name>', 'of a user')
      .option('--address <address>', 'of an address')
      .option('--path <path>', 'of a path')

  add('nodes', 'list the servers of the cluster').action(({ api }: ApiOption) =>
    run({
      api,
      method: 'GET',
      path: '/v1/cluster/map',
      linesOf: (map: MapAnswer) => nodeLines(map),
    }),
  )
  filtered(add('sessions', 'list the sessions of all servers')).action(
    ({ api, ...filter }: FilterOptions) => {
      const query = new URLSearchParams({ ...filter, limit: '1000' })
      const linesOf = (page: SessionsAnswer) => sessionLines(page)
      run({ api, method: 'GET', path: `/v1/sessions?${query}`, linesOf })
    },
  )
  const kick = filtered(
    add('kick', 'end a session, or all with the given properties, on all servers'),
  )
  kick
    .argument('[id]', 'id of the session, from the list; behind -- if it begins with -')
    .option('--reason <text>', 'reason for the list of those that have left')
    .action((id: string | undefined, { api, reason, ...filter }: BanOptions) => {
      const isFiltered = Object.keys(filter).length > 0
      if ((id !== undefined) === isFiltered) {
        kick.error('error: expected an id, or --user, --address or --path')
      }
      const path = `/v1/sessions/${id === undefined ? '' : `${encodeURIComponent(id)}/`}kick`
      const body = { ...(isFiltered && { filter }), reason }
      const linesOf = (answer: KickAnswer) => kickLines(answer)
      run({ api, method: 'POST', path, body, linesOf })
    })
  add('limits', 'change limits of all servers, until each of them restarts')
    .argument('<name=value...>', 'limits, such as maxSessions=500; 0 = unlimited', limitsOf)
    .option('--node <name>', 'name or tag of the only server that changes')
    .action((limits: Limits, { api, node }: LimitOptions) =>
      run({
        ...{ api, method: 'PATCH', path: '/v1/cluster/limits' },
        body: { limits, node },
        linesOf: (answer: LimitsAnswer) => limitLines(answer),
      }),
    )
  filtered(add('ban', 'keep clients with all given properties out of all servers'))
    .option('--seconds <n>', 'length of the ban; 0 = until it is removed', secondsOf, 0)
    .option('--reason <text>', 'reason for the list of bans')
    .action(({ api, ...body }: BanOptions) =>
      run({
        api,
        method: 'POST',
        path: '/v1/bans',
        body,
        linesOf: (ban: BanAnswer) => banLines(ban),
      }),
    )
  return command
}

/**
 * Runs `rtspool control`.
 *
 * @param args - Arguments after `control`; never a token, because other users of the machine can list command lines.
 * @returns The exit code: 1 if the server refuses, or a server of the cluster has not answered; 2 for a bad command line.
 */
export async function controlCommand(
  args: readonly string[],
  output: CommandOutput,
  environment: Environment,
): Promise<number> {
  let running: Promise<number> | number | undefined
  const command = createControlCommand((task) => {
    const token = environment.RTSPOOL_TOKEN ?? ''
    if (token !== '') running = carryOut(task, output, token)
    else output.stderr('error: expected a token of the control API in RTSPOOL_TOKEN\n')
  })
  return runCommand(command, args, output) ?? (await running) ?? 2
}

async function carryOut(task: ControlTask, output: CommandOutput, token: string): Promise<number> {
  try {
    const { lines, missing = '' } = task.linesOf((await callApi(task.api, token, task)) as never)
    output.stdout(lines.map((line) => `${line}\n`).join(''))
    if (missing !== '') output.stderr(`${missing}\n`)
    return missing === '' ? 0 : 1
  } catch (error) {
    output.stderr(`error: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

type Limits = Readonly<Record<string, number>>

/** Adds a limit of the command line to those before it. */
function limitsOf(text: string, before: Limits = {}): Limits {
  const [, name, value] = /^(\w+)=(\d+(?:\.\d+)?)$/.exec(text) ?? []
  if (name !== undefined) return { ...before, [name]: Number(value) }
  throw new InvalidArgumentError('Expected the name of a limit, = and a number, 0 or more.')
}

function secondsOf(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0) return value
  throw new InvalidArgumentError('Expected a number of seconds, 0 or more.')
}
