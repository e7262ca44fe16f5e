import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from 'rtspool'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { until } from '../../../../rtspool/test/support/until.js'
import type { ExecPlan } from '../../../src/sources/exec/exec-plan.js'
import { type ProgramEnd, startProgram } from '../../../src/sources/exec/program.js'
import { execPlan } from './exec-scene.js'

const folder = mkdtempSync(join(tmpdir(), 'rtspool program '))
afterAll(() => rmSync(folder, { recursive: true }))

/** Returns a command that runs JavaScript. */
const node = (script: string, ...args: string[]): string[] => [
  ...[process.execPath, '-e', script],
  ...args,
]

/** Starts a program, and collects what it writes. */
function start(plan: Partial<ExecPlan>) {
  const seen = { stdout: '', stderr: '', ends: [] as ProgramEnd[] }
  const program = startProgram(
    execPlan(plan),
    {
      stdout: (chunk) => {
        seen.stdout += chunk
      },
      stderr: (chunk) => {
        seen.stderr += chunk
      },
      ended: (end) => seen.ends.push(end),
    },
    systemClock,
  )
  return { seen, program }
}

const isAlive = (pid: number): boolean => {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.startsWith('Z')
}
const ready = (seen: { stdout: string }) => until(() => seen.stdout.includes('\n'))

describe.skipIf(process.platform === 'win32')('a child process', () => {
  it('gets its arguments as they are, its folder and its own environment, and no input', async () => {
    const inner = join(folder, 'a b')
    mkdirSync(inner)
    const args = ['two words', '$HOME', '"q"', '*']
    const script =
      'console.log(JSON.stringify([process.argv.slice(1), process.cwd(), process.env.KEY, process.env.CANARY, require("fs").readFileSync(0).length]))'
    process.env.CANARY = 'secret'
    const { seen } = start({
      ...{ command: node(script, '--', ...args), folder: inner, environment: { KEY: 'value' } },
    })
    await until(() => seen.ends.length > 0)
    delete process.env.CANARY
    expect(JSON.parse(seen.stdout)).toEqual([args, inner, 'value', null, 0])
    expect(seen.ends).toEqual([{ code: 0, signal: null, notStarted: undefined }])
  })

  it('may have a space in its own path', async () => {
    const file = join(folder, 'my camera')
    writeFileSync(file, '#!/bin/sh\necho "$1"\n')
    chmodSync(file, 0o755)
    const { seen } = start({ command: [file, 'it runs'] })
    await until(() => seen.ends.length > 0)
    expect(seen.stdout).toBe('it runs\n')
  })

  it.each<[string, Partial<ExecPlan>, string | RegExp]>([
    ['a name', { command: ['no-such-program'] }, 'there is no program no-such-program in PATH'],
    ['a path', { command: ['/no/such'] }, 'there is no program /no/such'],
    ['a folder', { command: ['true'], folder: '/no/such' }, 'the folder /no/such does not exist'],
    [
      'a file as folder',
      { command: ['true'], folder: process.execPath },
      `${process.execPath} is not a folder`,
    ],
    ['a long argument', { command: ['true', 'x'.repeat(3e6)] }, 'true cannot be started: E2BIG'],
    ['no program', { command: [tmpdir()] }, `${tmpdir()} cannot be executed: permission denied`],
  ])('that cannot be started says why: %s', async (_, plan, why) => {
    const { seen, program } = start(plan)
    await until(() => seen.ends.length > 0)
    expect([seen.ends[0]?.notStarted, program.pid]).toEqual([why, undefined])
    program.stop()
    expect(seen.ends.length).toBe(1)
  })

  it('that ignores SIGTERM is killed in time', async () => {
    const script =
      'process.on("SIGTERM", () => console.log("no")); console.log("up"); setInterval(() => {}, 1e6)'
    const { seen, program } = start({ command: node(script), stopSeconds: 0.3 })
    await ready(seen)
    const begun = performance.now()
    program.stop()
    await until(() => seen.ends.length > 0)
    expect(seen.ends[0]).toMatchObject({ code: null, signal: 'SIGKILL' })
    expect(seen.stdout).toContain('no')
    expect(performance.now() - begun).toBeGreaterThan(290)
  })

  const shell = (script: string) => ['sh', '-c', script]
  it.each([
    ['a child of it', 'sleep 1000 & echo $!; wait'],
    ['a child that ignores SIGTERM', '(trap "" TERM; exec sleep 1000) & echo $!; wait'],
  ])('ends together with %s', async (_, script) => {
    const { seen, program } = start({ command: shell(script), stopSeconds: 0.3 })
    await ready(seen)
    const child = Number(seen.stdout)
    expect(isAlive(child)).toBe(true)
    program.stop()
    await until(() => seen.ends.length > 0)
    expect([isAlive(child), isAlive(program.pid ?? 0)]).toEqual([false, false])
  })

  it('that ends by itself leaves no child behind', async () => {
    const { seen } = start({ command: shell('sleep 1000 & echo $!; exit 3') })
    await until(() => seen.ends.length > 0)
    expect(seen.ends[0]).toMatchObject({ code: 3, signal: null })
    expect(isAlive(Number(seen.stdout))).toBe(false)
  })

  it('is over a second after its end if a process that has left the group keeps its output', async () => {
    const file = join(folder, 'left')
    const inner = `echo $$; : > "$0"; exec sleep 1000`
    const script = `setsid sh -c '${inner}' "$0" & until [ -e "$0" ]; do sleep 0.01; done`
    const { seen } = start({ command: ['sh', '-c', script, file] })
    await until(() => seen.ends.length > 0)
    const child = Number(seen.stdout)
    expect([seen.ends[0], isAlive(child)]).toEqual([
      { code: 0, signal: null, notStarted: undefined },
      true,
    ])
    process.kill(child, 'SIGKILL')
  })

  it('that may not be killed is waited for no longer than a second', async () => {
    const { seen, program } = start({
      command: shell('echo up; exec sleep 1000'),
      stopSeconds: 0.1,
    })
    await ready(seen)
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' })
    })
    program.stop()
    await until(() => seen.ends.length > 0)
    kill.mockRestore()
    expect(isAlive(program.pid ?? 0)).toBe(true)
    process.kill(program.pid ?? 0, 'SIGKILL')
  })

  it('is told to have ended when all of its output has been read', async () => {
    const script = 'process.stdout.write(Buffer.alloc(3_000_000, 46)); console.error("bye")'
    const { seen } = start({ command: node(script) })
    await until(() => seen.ends.length > 0)
    expect([seen.stdout.length, seen.stderr]).toEqual([3_000_000, 'bye\n'])
  })

  it('leaves no child behind when this process ends in a hurry', () => {
    const module = new URL('../../../dist/sources/exec/program.js', import.meta.url)
    const script = `
      const { startProgram } = await import(${JSON.stringify(module.href)})
      const { systemClock } = await import('rtspool')
      const plan = { command: ['sh', '-c', 'trap "" TERM; sleep 1000 & echo $!; wait'], environment: {}, passEnvironment: [], path: '/a', stopSeconds: 5 }
      startProgram(plan, { stdout: (chunk) => { console.log(String(chunk)); process.exit(0) }, stderr() {}, ended() {} }, systemClock)`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      cwd: new URL('../../../', import.meta.url),
    })
    expect([stderr, isAlive(Number(stdout.trim()))]).toEqual(['', false])
    expect(Number(stdout)).toBeGreaterThan(0)
  })
})
