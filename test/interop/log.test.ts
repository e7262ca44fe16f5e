import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, type TestContext } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { LoggedCommand } from './support/logged-command.js'
import { until } from './support/process.js'

/** Longest pause of a viewer's packets that a busy machine explains; a server that waits for its log stands still. */
const mostGapMs = 2000

const commands = new Set<LoggedCommand>()
afterEach(async () => {
  for (const command of commands) await command.remove()
  commands.clear()
})

async function start(script: string, ...options: string[]): Promise<LoggedCommand> {
  const command = await LoggedCommand.start(script, ...options)
  commands.add(command)
  return command
}

function needs(context: TestContext, program: string, ...args: string[]): void {
  const { status } = spawnSync(program, args, { stdio: 'ignore' })
  if (status !== 0) context.skip(`needs ${[program, ...args].join(' ')}`)
}

async function expectToServe(command: LoggedCommand): Promise<void> {
  expect(await command.longestGap(40)).toBeLessThan(mostGapMs)
  expect(await command.stop()).toBe(0)
}

/** Whole lines of JSON; the empty line at the end and whatever else was written to the target are left out. */
function linesOf(text: string): { msg: string; dropped?: number; line?: number }[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
}

/** Fills what the log goes to before the command starts. */
const fill = 'timeout 0.5 cat /dev/zero'

/** A pipe with a reader that never reads. */
const pipe = 'mkfifo log && exec 3<>log'

const unread = [
  ['a pipe', `${pipe} && ${fill} >log; exec rtspool 2>log`],
  [
    'a non-blocking pipe',
    `${pipe} && ${fill} >log; exec perl -MFcntl -e 'fcntl(STDERR, F_SETFL, O_WRONLY | O_NONBLOCK); exec @ARGV' rtspool 2>log`,
  ],
  ['a socket', `${fill} >&2; exec rtspool`],
  ['a pipe that the banner goes to as well', `${pipe}; exec rtspool 2>log`],
] as const

describe('the standard error is', { tags: ['S-5', 'B-LOG'] }, () => {
  it.each(unread)('%s that nobody reads: viewers play on, SIGTERM ends', async (_, script) => {
    await expectToServe(await start(script))
  })

  it('a terminal that nobody reads: viewers play on, SIGTERM ends', async (context) => {
    needs(context, 'script', '--version')
    const inside = `kill -STOP $PPID; ${fill} >/dev/tty; exec rtspool`
    const command = await start(`exec script -qfc '${inside}' typescript </dev/null`)
    expect(await command.longestGap(40)).toBeLessThan(mostGapMs)
    command.kill('SIGTERM')
    expect(await until(() => !command.isRunning || isZombie(command.pid), 4000)).toBe(true)
  })

  it.each([
    ['a full disk', 'exec rtspool 2>/dev/full'],
    ['closed', 'exec rtspool 2>&-'],
    ['a file that may not grow', 'printf %500s >log; ulimit -f 1; exec rtspool 2>>log'],
  ])('%s: viewers play on, SIGTERM ends', async (_, script) => {
    await expectToServe(await start(script))
  })

  it('a pipe whose reader leaves: viewers play on, SIGTERM ends', async () => {
    const command = await start('mkfifo log; sleep 30 <log & echo $! >reader; exec rtspool 2>log')
    process.kill(Number(command.text('reader')), 'SIGKILL')
    await expectToServe(command)
  })

  it('a terminal that goes away: viewers play on, SIGTERM ends', async (context) => {
    needs(context, 'script', '--version')
    const command = await start(
      `exec script -qfc 'echo $PPID >terminal; exec rtspool' typescript </dev/null`,
    )
    process.kill(Number(command.text('terminal')), 'SIGKILL')
    expect(await command.longestGap(40)).toBeLessThan(mostGapMs)
    command.kill('SIGTERM')
    expect(await until(() => !command.isRunning, 4000)).toBe(true)
  })
})

describe('a log that could not be written', { tags: ['S-5', 'B-LOG'] }, () => {
  it('goes on in whole lines when the file may grow again', async (context) => {
    needs(context, 'prlimit', '--version')
    const command = await start('ulimit -S -f 1; exec rtspool 2>>log')
    await command.longestGap(10)
    expect(command.text('log').length).toBeLessThanOrEqual(1024)
    spawnSync('prlimit', ['--pid', String(command.pid), '--fsize=unlimited'])
    expect(await until(() => command.text('log').length > 1024, 4000)).toBe(true)
    expect(await command.stop()).toBe(0)
    const messages = linesOf(command.text('log')).map(({ msg }) => msg)
    expect(messages).toEqual(expect.arrayContaining(['session removed', 'closing']))
    expect([messages[0], messages.at(-1)]).toEqual(['ready', 'closed'])
  })

  it('goes on when there is room on the disk again', async (context) => {
    needs(context, 'unshare', '-rm', 'true')
    const script = `mkdir disk && mount -t tmpfs -o size=64k none disk
      cat /dev/zero >disk/others 2>/dev/null
      (while [ ! -e room ]; do sleep 0.1; done; rm disk/others
       while [ ! -e end ]; do sleep 0.1; done; cp disk/log copy; touch copied) &
      exec rtspool 2>>disk/log`
    const command = await start(`exec unshare -rm sh -c '${script}'`)
    expect(await command.longestGap(20)).toBeLessThan(mostGapMs)
    writeFileSync(join(command.folder, 'room'), '')
    await command.longestGap(10)
    expect(await command.stop()).toBe(0)
    writeFileSync(join(command.folder, 'end'), '')
    expect(
      await until(() => command.text('copied') === '' && hasFile(command, 'copied'), 4000),
    ).toBe(true)
    expect(linesOf(command.text('copy')).map(({ msg }) => msg)).toContain('closed')
  })

  it('comes from the pipe when somebody reads', async () => {
    const command = await start(`${pipe}; exec rtspool 2>log`)
    await command.longestGap(5)
    const reader = openSync(join(command.folder, 'log'), constants.O_RDONLY | constants.O_NONBLOCK)
    const chunk = Buffer.alloc(65_536)
    const length = readSync(reader, chunk)
    closeSync(reader)
    expect(linesOf(chunk.toString('utf8', 0, length))[0]?.msg).toBe('ready')
    expect(await command.stop()).toBe(0)
  })

  it('tells how many lines are missing, in the place of the gap', async () => {
    const flood = fileURLToPath(new URL('support/log-flood.mjs', import.meta.url))
    const child = spawn(process.execPath, [flood])
    const [facts] = (await once(child.stdout, 'data')) as [Buffer]
    const { longest, rss } = JSON.parse(facts.toString())
    expect(longest).toBeLessThan(mostGapMs)
    expect(rss).toBeLessThan(200 * 1024 * 1024)
    const written = textOf(child.stderr)
    await settle(1000, 'a full pipe must stop nothing for a while')
    child.stdin.write('go\n')
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    const lines = linesOf(await written)
    const gap = lines.findIndex(({ dropped }) => dropped !== undefined)
    const before = lines.slice(0, gap)
    expect(before.map(({ line }) => line)).toEqual(before.map((_, line) => line))
    expect(gap + Number(lines[gap]?.dropped)).toBe(20_000)
    expect(lines[gap]?.msg).toBe(`dropped ${lines[gap]?.dropped} lines`)
    expect(lines.slice(gap + 1).map(({ msg }) => msg)).toEqual(['after the flood'])
  })
})

describe('--log-file', { tags: 'S-5' }, () => {
  it.each([
    ['a full disk', 'exec rtspool', '/dev/full'],
    ['a pipe without a reader', 'mkfifo log; exec rtspool', 'log'],
    ['a file that may not grow', 'printf %500s >log; ulimit -f 1; exec rtspool', 'log'],
  ])('%s: viewers play on, SIGTERM ends', async (_, script, file) => {
    await expectToServe(await start(script.replace('rtspool', `rtspool --log-file ${file}`)))
  })
})

describe('a fault of the program', { tags: 'B-CRASH' }, () => {
  const script = fileURLToPath(new URL('support/log-fault.mjs', import.meta.url))

  it.each(['throw', 'promise'])(
    'is a line of the log, as warnings are: %s',
    { tags: 'S-5' },
    (how) => {
      const { status, stderr } = spawnSync(process.execPath, [script, how], { encoding: 'utf8' })
      expect(linesOf(stderr).map(({ msg }) => msg)).toEqual([
        'careful',
        'a fault of the program ends the server',
      ])
      expect([status, stderr.includes('log-fault.mjs')]).toEqual([1, true])
    },
  )

  it('ends the process although nobody reads its log', { tags: 'S-5' }, () => {
    const { status } = spawnSync(
      'sh',
      [
        '-c',
        `d=$(mktemp -d) && cd $d && ${pipe} && ${fill} >log; rm -r $d; exec "$0" "$1" 2>&3`,
        process.execPath,
        script,
      ],
      { timeout: 10_000, stdio: 'ignore' },
    )
    expect(status).toBe(1)
  })
})

const hasFile = (command: LoggedCommand, name: string): boolean =>
  spawnSync('test', ['-e', join(command.folder, name)]).status === 0

/** A process that has ended stays in the list of processes while its parent stands still. */
const isZombie = (pid: number): boolean =>
  spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.startsWith('Z')
