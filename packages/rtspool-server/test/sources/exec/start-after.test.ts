import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../../../rtspool/test/support/until.js'
import type { ProgramEnd } from '../../../src/sources/exec/program.js'
import { startAfter } from '../../../src/sources/exec/start-after.js'
import { execPlan } from './exec-scene.js'

/** A program that starts when `free` is called, and what has happened to it. */
function startLater() {
  const events: string[] = []
  const ends: ProgramEnd[] = []
  let free = (): void => {}
  const former = new Promise<void>((resolve) => {
    free = resolve
  })
  const start = startAfter(former, () => {
    events.push('started')
    return { pid: 7, stop: () => void events.push('stopped') }
  })
  const listener = {
    stdout: () => {},
    stderr: () => {},
    ended: (end: ProgramEnd) => ends.push(end),
  }
  const run = () => start(execPlan(), listener, new ManualClock())
  return { run, free, events, ends }
}

describe('startAfter', () => {
  it('starts a program at once without a former one', () => {
    const start = () => ({ pid: 7, stop: () => {} })
    expect(startAfter(undefined, start)).toBe(start)
  })

  it('starts a program when the former one has ended, and later ones at once', async () => {
    const { run, free, events } = startLater()
    const program = run()
    await nextTurn()
    expect([events, program.pid]).toEqual([[], undefined])
    free()
    await nextTurn()
    expect([events, program.pid]).toEqual([['started'], 7])
    program.stop()
    expect(run().pid).toBe(7)
    expect(events).toEqual(['started', 'stopped', 'started'])
  })

  it('starts no program that has been stopped before, and reports its end after that of the former', async () => {
    const { run, free, events, ends } = startLater()
    run().stop()
    await nextTurn()
    expect(ends).toEqual([])
    free()
    await nextTurn()
    expect(events).toEqual([])
    expect(ends).toEqual([{ code: null, signal: null, notStarted: undefined }])
  })
})
