/**
 * Lets a test set the wall clock of a process of its own, for `node --import`. On SIGWINCH the clock is set to the clock of the
 * machine plus the milliseconds in the file that RTSPOOL_TEST_CLOCK names. Monotonic clocks and file times stay.
 */
import { readFileSync } from 'node:fs'

// Read now: the command may change its environment.
const file = process.env.RTSPOOL_TEST_CLOCK
const { Date: MachineDate } = globalThis
let offsetMs = 0
const now = () => MachineDate.now() + offsetMs

globalThis.Date = new Proxy(MachineDate, {
  get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length > 0 ? args : [now()], newTarget),
})

process.on('SIGWINCH', () => {
  offsetMs = Number(readFileSync(file, 'utf8'))
  process.stderr.write(`the clock was set by ${offsetMs} ms\n`)
})
