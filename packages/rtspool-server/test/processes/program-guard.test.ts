import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ManualClock } from 'rtspool/testing'
import { expect, it, onTestFinished } from 'vitest'
import type { ProgramNotice } from '../../src/processes/process-messages.js'
import { announcedStart, ProgramGuard } from '../../src/processes/program-guard.js'
import type { ExecPlan } from '../../src/sources/exec/exec-plan.js'
import type { ProgramListener, StartProgram } from '../../src/sources/exec/program.js'

const end = { code: 0, signal: null, notStarted: undefined }

/** Starts a program in a child process that the test plays. @returns What the parent and the source hear */
function announced(pid: number | undefined) {
  const told: ProgramNotice[] = []
  const heard: unknown[] = []
  let inner: ProgramListener | undefined
  const start: StartProgram = (_plan, listener) => {
    inner = listener
    return { pid, stop: () => {} }
  }
  const listener: ProgramListener = {
    stdout: (chunk) => void heard.push(`${chunk}`),
    stderr: (chunk) => void heard.push(`${chunk}`),
    ended: (how) => void heard.push(how),
  }
  const program = announcedStart((notice) => void told.push(notice), start)(
    {} as ExecPlan,
    listener,
    new ManualClock(),
  )
  return { told, heard, program, inner: inner as unknown as ProgramListener }
}

it('tells the parent of the start and of the end of a program, and the source of all', () => {
  const { told, heard, program, inner } = announced(4711)
  expect([told, program.pid]).toEqual([[{ kind: 'program', pid: 4711, isRunning: true }], 4711])
  inner.stdout(Buffer.from('out'))
  inner.stderr(Buffer.from('err'))
  inner.ended(end)
  expect(told.slice(1)).toEqual([{ kind: 'program', pid: 4711, isRunning: false }])
  expect(heard).toEqual(['out', 'err', end])
})

it('tells the parent nothing of a program that could not be started', () => {
  const { told, heard, inner } = announced(undefined)
  inner.ended(end)
  expect([told, heard]).toEqual([[], [end]])
})

it('kills the programs that a child has left, and no others', () => {
  const killed: number[] = []
  const guard = new ProgramGuard((pid) => void killed.push(pid))
  const note = (child: number, pid: number, isRunning: boolean) =>
    guard.note(child, { kind: 'program', pid, isRunning })
  note(1, 11, true)
  note(1, 12, true)
  note(2, 21, true)
  note(1, 11, false)
  expect([guard.end(1), killed]).toEqual([[12], [12]])
  expect([guard.end(1), guard.end(3), killed]).toEqual([[], [], [12]])
  note(1, 13, true)
  guard.endAll()
  expect(killed).toEqual([12, 21, 13])
})

it('kills a real program with the processes that it has started', async () => {
  const script = "require('child_process').spawn('sleep',['60'],{stdio:'inherit'});console.log(1)"
  const program = spawn(process.execPath, ['-e', script], { detached: true })
  onTestFinished(() => void program.kill('SIGKILL'))
  const { pid = 0 } = program
  await once(program.stdout, 'data')
  const guard = new ProgramGuard()
  guard.note(1, { kind: 'program', pid, isRunning: true })
  // The pipe closes when the last process has ended that holds it.
  const closed = once(program, 'close')
  expect(guard.end(1)).toEqual([pid])
  expect(await closed).toEqual([null, 'SIGKILL'])
  // Nobody has this number any more, which is no error.
  guard.note(1, { kind: 'program', pid, isRunning: true })
  expect(guard.end(1)).toEqual([pid])
})
