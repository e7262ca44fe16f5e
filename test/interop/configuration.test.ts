import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { ConfiguredCommand } from './support/configured-command.js'
import { Peer } from './support/peer.js'
import { endPrograms, Program, until } from './support/process.js'

const dist = new URL('../../packages/rtspool-server/dist/', import.meta.url)
const main = fileURLToPath(new URL('main.js', dist))

const commands = new Set<ConfiguredCommand>()
afterEach(async () => {
  for (const command of commands) await command.stop()
  commands.clear()
})
afterAll(endPrograms)

const local = 'rtsp: { host: 127.0.0.1, port: 0, udpPorts: 20000-20100 }\n'

async function start(...args: Parameters<typeof ConfiguredCommand.start>) {
  const command = await ConfiguredCommand.start(...args)
  commands.add(command)
  return command
}

async function statusOf(url: string): Promise<string> {
  const peer = await Peer.connect(url)
  const response = await peer.ask('DESCRIBE')
  await peer.close()
  return response.slice('RTSP/1.0 '.length, 'RTSP/1.0 '.length + 3)
}

async function run(args: readonly string[], cwd = tmpdir()) {
  const program = new Program(process.execPath, [main, ...args], { cwd })
  const code = await program.exited
  return { code, stdout: program.stdout, stderr: program.stderr }
}

describe('the command', () => {
  it('reads its file, variables and options, the nearest last', async () => {
    const text = `${local}testPicture: false\nlog: { level: error }\n`
    const env = { RTSPOOL_LOG_LEVEL: 'warn', RTSPOOL_TEST_PICTURE: 'true' }
    const command = await start(text, ['--log-level', 'info'], env)
    expect(await command.line('ready')).toMatchObject({ config: command.file })
    expect(await statusOf(`${command.url}/test`)).toBe('200')
  })

  it('names each mistake of its sources at the start, and ends with 2', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rtspool-mistakes-'))
    const file = join(folder, 'rtspool.yml')
    writeFileSync(file, 'limits: { maxSesions: 5 }\nlog: { level: loud }\n')
    const started = await run(['--port', 'x'], folder)
    expect(started.code).toBe(2)
    expect(started.stderr.trimEnd().split('\n')).toEqual([
      'error: rtspool.yml:1:11: limits.maxSesions is unknown; did you mean maxSessions?',
      expect.stringMatching(/^error: rtspool\.yml:2:15: log\.level must be one of/),
      expect.stringMatching(/^error: --port must be/),
    ])
    const checked = await run(['config', 'check'], folder)
    expect([checked.code, checked.stderr.split('\n').length]).toEqual([1, 3])
    rmSync(folder, { recursive: true })
  })

  it('ends quietly when the reader of its output has gone', async () => {
    const piped = new Program('sh', [
      '-c',
      '"$0" "$1" config schema | true',
      process.execPath,
      main,
    ])
    expect([await piped.exited, piped.stderr]).toEqual([0, ''])
  })

  it('writes an example that it can start with', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rtspool-init-'))
    expect(await run(['init'], folder)).toMatchObject({ code: 0, stderr: '' })
    expect(await run(['init'], folder)).toMatchObject({ code: 1 })
    expect(await run(['config', 'check'], folder)).toMatchObject({ code: 0, stderr: '' })
    const text = readFileSync(join(folder, 'rtspool.yml'), 'utf8')
    rmSync(folder, { recursive: true })
    const command = await start(text, ['--host', '127.0.0.1', '--port', '0'])
    expect(await statusOf(`${command.url}/test`)).toBe('200')
  })

  it('reloads its file at SIGHUP, and when another file replaces it', { tags: 'U-5' }, async () => {
    const command = await start(local)
    command.replace(`${local}testPicture: false\n`)
    expect(await command.line('configuration reloaded')).toMatchObject({
      by: 'file change',
      changed: ['testPicture'],
    })
    expect(await statusOf(`${command.url}/test`)).toBe('404')
    writeFileSync(command.file, local)
    command.program.kill('SIGHUP')
    expect((await command.line('configuration reloaded', 2)).changed).toEqual(['testPicture'])
    expect(await statusOf(`${command.url}/test`)).toBe('200')
  })

  it('does not take an emptied file for a wish to forget everything', async () => {
    const command = await start(`${local}testPicture: false\n`)
    writeFileSync(command.file, '')
    await command.line('file of configuration is empty: not reloaded')
    expect(await statusOf(`${command.url}/test`)).toBe('404')
  })

  it('refuses a reload whole, and names the reason', async () => {
    const command = await start(local)
    command.replace(`${local.replace('port: 0', 'port: 1')}testPicture: false\n`)
    const refused = await command.line('configuration not reloaded, the one before stays')
    expect(refused).toMatchObject({
      level: 'error',
      problems: [expect.stringContaining('rtsp.port cannot be changed while the server runs')],
    })
    expect(await statusOf(`${command.url}/test`)).toBe('200')
  })
})

/** Replaces a file again and again by texts of one letter each, and prints a line before it begins. */
const saver = `
import { writeFileAtomically } from ${JSON.stringify(new URL('config/save/atomic-write.js', dist).href)}
process.stdout.write('begins\\n')
for (let turn = 0; ; turn++) await writeFileAtomically(process.argv[1], 'ab'[turn % 2].repeat(300_000))
`

/** Sets the time of the last change back, as if some minutes had passed. */
function makeOld(file: string): void {
  const minutesAgo = Date.now() / 1000 - 300
  utimesSync(file, minutesAgo, minutesAgo)
}

describe('a saved file', () => {
  it('is the old one or the new one, whole, whenever the process is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rtspool-save-'))
    const file = join(folder, 'rtspool.yml')
    writeFileSync(file, 'a'.repeat(300_000), { mode: 0o640 })
    for (let turn = 0; turn < 20; turn++) {
      for (const name of readdirSync(folder)) makeOld(join(folder, name))
      const args = ['--input-type=module', '--eval', saver, file]
      const program = new Program(process.execPath, args)
      await until(() => program.stdout !== '')
      await settle((turn * 7) % 50, 'the process is killed at another moment in each turn')
      program.kill('SIGKILL')
      expect(await program.exited).toBe('SIGKILL')
      const text = readFileSync(file, 'latin1')
      expect(text.length).toBe(300_000)
      expect(new Set(text).size).toBe(1)
    }
    expect(statSync(file).mode & 0o777).toBe(0o640)
    // At most one unfinished copy, whatever was killed: the next program removes an old one.
    expect(readdirSync(folder).length).toBeLessThanOrEqual(2)
    rmSync(folder, { recursive: true })
    expect(existsSync(folder)).toBe(false)
  })
})
