import { EventEmitter } from 'node:events'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../../rtspool/test/support/until.js'
import { ChildProcesses } from '../../src/processes/child-processes.js'

/** A child process that the test plays. */
class FakeProcess extends EventEmitter {
  readonly number: number
  readonly isRestart: boolean
  connected = true
  pid: number | undefined
  readonly signals: string[] = []
  readonly received: unknown[] = []
  reads = true
  readonly #unsent: ((error: Error | null) => void)[] = []

  constructor(number: number, isRestart: boolean) {
    super()
    this.number = number
    this.isRestart = isRestart
    this.pid = 1000 + number
  }

  send(message: unknown, sent: (error: Error | null) => void): void {
    this.received.push(message)
    if (this.reads) sent(null)
    else this.#unsent.push(sent)
  }

  /** Reads all messages that have been sent while the process did not read. */
  readAll(): void {
    this.reads = true
    for (const sent of this.#unsent.splice(0)) sent(null)
  }

  kill(signal: string): void {
    this.signals.push(signal)
    if (signal === 'SIGKILL') this.end(null, 'SIGKILL')
  }

  ready(): void {
    this.emit('message', { kind: 'ready', port: 5000 + this.number })
  }

  end(code: number | null, signal: string | null = null): void {
    this.connected = false
    this.emit('close', code, signal)
  }
}

function createProcesses(count = 2) {
  const clock = new ManualClock()
  const forked: FakeProcess[] = []
  const ended: number[] = []
  const lines: unknown[] = []
  const asked: number[] = []
  /** Errors that the next starts of processes throw. */
  const faults: Error[] = []
  const write = (facts: object, text: string) => void lines.push([text, facts])
  const children = new ChildProcesses({
    ...{ count, clock, random: () => 0 },
    fork(number, isRestart) {
      const fault = faults.shift()
      if (fault) throw fault
      const process = new FakeProcess(number, isRestart)
      forked.push(process)
      return process
    },
    async answer(number, message) {
      asked.push(number)
      if (message.kind !== 'storeRequest') return undefined
      const { id } = message
      return { kind: 'storeReply', id, result: `of ${number}` }
    },
    ended: (number) => void ended.push(number),
    log: { info: () => {}, warn: write, error: write } as never,
  })
  const latest = (number: number) =>
    forked.findLast((each) => each.number === number) as FakeProcess
  /** Lets Node report that the system has no place for the latest process of a number: it never reports an end. */
  const refuse = (number: number) => {
    const process = latest(number)
    process.pid = undefined
    process.emit('error', new Error('spawn EAGAIN'))
  }
  /** Starts all, and makes them ready. */
  const serve = async () => {
    const started = children.start()
    for (let number = 1; number <= count; number++) {
      await nextTurn()
      latest(number).ready()
    }
    expect(await started).toBe(0)
  }
  return { children, clock, forked, latest, refuse, serve, ended, lines, asked, faults }
}

const request = { kind: 'storeRequest', id: 4, method: 'nodes', args: [] }

describe('child processes', () => {
  it('start with the first alone, then all others', async () => {
    const { children, forked, latest } = createProcesses(3)
    const started = children.start()
    await nextTurn()
    expect(forked.map(({ number }) => number)).toEqual([1])
    latest(1).ready()
    await nextTurn()
    expect(forked.map(({ number }) => number)).toEqual([1, 2, 3])
    latest(3).ready()
    latest(2).ready()
    expect(await started).toBe(0)
  })

  it.each([
    [2, 2],
    [0, 1],
    [null, 1],
  ])('do not serve if the first ends with %s before it is ready', async (code, expected) => {
    const { children, forked, clock, latest } = createProcesses()
    const started = children.start()
    await nextTurn()
    latest(1).end(code)
    expect(await started).toBe(expected)
    clock.advance(60_000)
    expect([forked.length, clock.pendingTimers]).toEqual([1, 0])
  })

  it('end all if a further one cannot start', async () => {
    const { children, latest } = createProcesses(3)
    const started = children.start()
    await nextTurn()
    latest(1).ready()
    await nextTurn()
    latest(2).end(1)
    expect(await started).toBe(1)
    expect([latest(1).signals, latest(3).signals]).toEqual([['SIGKILL'], ['SIGKILL']])
  })

  it('get the replies to their own requests', async () => {
    const { serve, latest } = createProcesses()
    await serve()
    latest(2).emit('message', request)
    await nextTurn()
    const isReply = (message: unknown) => (message as { kind: string }).kind === 'storeReply'
    expect(latest(2).received.filter(isReply)).toEqual([
      { kind: 'storeReply', id: 4, result: 'of 2' },
    ])
    expect(latest(1).received.filter(isReply)).toEqual([])
  })

  it('know the ports of each other', async () => {
    const { serve, latest, clock } = createProcesses()
    await serve()
    const ports = { 1: 5001, 2: 5002 }
    expect(latest(1).received.at(-1)).toEqual({ kind: 'ports', ports })
    expect(latest(2).received.at(-1)).toEqual({ kind: 'ports', ports })
    latest(2).end(1)
    expect(latest(1).received.at(-1)).toEqual({ kind: 'ports', ports: { 1: 5001 } })
    clock.advance(200)
    expect(latest(2).received).toEqual([])
    latest(2).ready()
    expect(latest(1).received.at(-1)).toEqual({ kind: 'ports', ports })
  })

  it('get a bounded number of states of sources while they hang, and all again after that', async () => {
    const { children, serve, latest } = createProcesses(3)
    await serve()
    const [hung, other] = [latest(2), latest(3)]
    const states = { kind: 'sourceStates', statuses: [] } as const
    hung.reads = false
    const before = hung.received.length
    for (let count = 0; count < 150; count++) children.tellAll(states, 1)
    children.tellAll({ kind: 'assignment', owners: {}, tags: {} })
    expect(hung.received.length - before).toBe(101)
    expect(other.received.at(-2)).toEqual(states)
    hung.readAll()
    for (const number of [1, 2, 3]) {
      expect(latest(number).received.at(-1)).toMatchObject({ kind: 'ports' })
    }
    const after = other.received.length
    children.tellAll(states)
    expect([hung.received.at(-1), other.received.length]).toEqual([states, after + 1])
  })

  it('get no reply to what needs none', async () => {
    const { serve, latest, asked } = createProcesses()
    await serve()
    const before = latest(2).received.length
    latest(2).emit('message', { kind: 'program', pid: 7, isRunning: true })
    await nextTurn()
    expect([asked, latest(2).received.length]).toEqual([[2], before])
  })

  it('get no reply after their end', async () => {
    const { serve, latest } = createProcesses()
    await serve()
    const process = latest(2)
    const before = process.received.length
    process.emit('message', request)
    process.end(1)
    await nextTurn()
    expect(process.received).toHaveLength(before)
  })

  it('get nothing from the store after their end, whatever they have sent before', async () => {
    const { serve, latest, asked, clock } = createProcesses()
    await serve()
    const process = latest(2)
    process.end(1)
    process.emit('message', request)
    process.ready()
    clock.advance(200)
    process.emit('message', request)
    expect(asked).toEqual([])
    latest(2).emit('message', request)
    expect(asked).toEqual([2])
  })

  it('are started again, and can be ended, when the system had no place for one', async () => {
    const { children, serve, clock, forked, latest, refuse, ended } = createProcesses()
    await serve()
    latest(2).end(1)
    for (const delayMs of [200, 400]) {
      clock.advance(delayMs)
      refuse(2)
    }
    expect([forked.length, ended]).toEqual([4, [2, 2, 2]])
    clock.advance(800)
    expect(forked).toHaveLength(5)
    refuse(2)
    const stopped = children.stop('SIGTERM')
    latest(1).end(0)
    expect(await stopped).toBe(0)
  })

  it('are started again, later, when Node throws an error at the start of one', async () => {
    const { serve, clock, forked, latest, faults, lines } = createProcesses()
    await serve()
    latest(2).end(1)
    faults.push(new Error('spawn ENOMEM'))
    clock.advance(200)
    expect(forked).toHaveLength(2)
    clock.advance(400)
    expect(forked).toHaveLength(3)
    expect(lines.at(-1)).toMatchObject(['process ended', { child: 2, reason: 'spawn ENOMEM' }])
  })

  it('do not serve if the system has no place for the first', async () => {
    const { children, refuse } = createProcesses()
    const started = children.start()
    await nextTurn()
    refuse(1)
    expect(await started).toBe(1)
  })

  it('are started again, later after each short life, and soon after a long one', async () => {
    const { serve, clock, forked, latest, ended, lines } = createProcesses()
    await serve()
    for (const delayMs of [200, 400, 800]) {
      latest(2).end(null, 'SIGKILL')
      const count = forked.length
      clock.advance(delayMs - 1)
      expect(forked).toHaveLength(count)
      clock.advance(1)
      expect(forked).toHaveLength(count + 1)
      expect(latest(2)).toMatchObject({ number: 2, isRestart: true })
      latest(2).ready()
    }
    clock.advance(60_000)
    latest(2).end(1)
    clock.advance(200)
    expect(forked).toHaveLength(6)
    expect(ended).toEqual([2, 2, 2, 2])
    const facts = { child: 2, pid: 1002, code: null, signal: 'SIGKILL', restartMs: 200 }
    expect(lines[0]).toEqual(['process ended', facts])
  })

  it('are started again no later than after 30 s, however often they fail', async () => {
    const { serve, clock, forked, latest } = createProcesses()
    await serve()
    for (let round = 0; round < 20; round++) {
      const count = forked.length
      latest(1).end(1)
      clock.advance(30_000)
      expect(forked).toHaveLength(count + 1)
    }
  })

  it('end at a signal, and are not started again', async () => {
    const { children, serve, clock, forked, latest } = createProcesses()
    await serve()
    const stopped = children.stop('SIGTERM', 5000)
    expect([latest(1).signals, latest(2).signals]).toEqual([['SIGTERM'], ['SIGTERM']])
    latest(1).end(0)
    latest(2).end(0)
    expect(await stopped).toBe(0)
    clock.advance(60_000)
    expect([forked.length, clock.pendingTimers]).toEqual([2, 0])
  })

  it('tell by the exit code that one of them has failed at the end', async () => {
    const { children, serve, latest } = createProcesses()
    await serve()
    const stopped = children.stop('SIGTERM', 5000)
    latest(1).end(3)
    latest(2).end(0)
    expect(await stopped).toBe(3)
  })

  it('are killed if they do not end in time', async () => {
    const { children, serve, clock, latest } = createProcesses()
    await serve()
    const stopped = children.stop('SIGTERM', 5000)
    latest(1).end(0)
    clock.advance(5000)
    expect(latest(2).signals).toEqual(['SIGTERM', 'SIGKILL'])
    expect(await stopped).toBe(1)
  })

  it('end at once with their programs, and are killed if they do not', async () => {
    const { children, serve, clock, latest } = createProcesses()
    await serve()
    void children.stop('SIGTERM', 60_000)
    let isOver = false
    void children.endAtOnce(2000).then(() => (isOver = true))
    for (const number of [1, 2]) expect(latest(number).received.at(-1)).toEqual({ kind: 'end' })
    latest(1).end(1)
    clock.advance(1999)
    await nextTurn()
    expect([isOver, latest(2).signals]).toEqual([false, ['SIGTERM', 'SIGTERM']])
    clock.advance(1)
    await nextTurn()
    expect([isOver, latest(2).signals.at(-1)]).toEqual([true, 'SIGKILL'])
  })

  it('are killed when they are not ready in time, and started again, later each time', async () => {
    const { serve, clock, forked, latest, lines } = createProcesses()
    await serve()
    latest(2).end(1)
    for (const delayMs of [200, 400, 800]) {
      clock.advance(delayMs)
      const count = forked.length
      clock.advance(59_999)
      expect(latest(2).signals).toEqual([])
      clock.advance(1)
      expect([latest(2).signals, forked.length]).toEqual([['SIGKILL'], count])
    }
    const facts = { child: 2, pid: 1002, seconds: 60 }
    expect(lines).toContainEqual(['process is not ready in time: killed', facts])
    clock.advance(1600)
    latest(2).ready()
    clock.advance(600_000)
    expect([latest(1).signals, latest(2).signals, clock.pendingTimers]).toEqual([[], [], 0])
  })

  it('do not serve if one of them is not ready in time at the start', async () => {
    const { children, latest, clock } = createProcesses()
    const started = children.start()
    await nextTurn()
    latest(1).ready()
    await nextTurn()
    clock.advance(60_000)
    expect(latest(2).signals).toEqual(['SIGKILL'])
    expect(await started).toBe(1)
    expect([latest(1).signals, clock.pendingTimers]).toEqual([['SIGKILL'], 0])
  })

  it('end while they start, and while one waits for its restart', async () => {
    const starting = createProcesses()
    const started = starting.children.start()
    await nextTurn()
    const stopped = starting.children.stop('SIGINT')
    starting.latest(1).end(null, 'SIGINT')
    expect([await started, await stopped]).toEqual([0, 0])
    expect(starting.forked).toHaveLength(1)

    const { children, serve, clock, latest, forked } = createProcesses()
    await serve()
    latest(2).end(1)
    const ended = children.stop('SIGINT')
    latest(1).end(0)
    expect(await ended).toBe(0)
    clock.advance(60_000)
    expect([forked.length, clock.pendingTimers]).toEqual([2, 0])
  })

  it('reload at once if they are ready, and otherwise as soon as they are', async () => {
    const { children, serve, clock, latest } = createProcesses()
    await serve()
    latest(2).end(1)
    clock.advance(200)
    children.reload()
    children.signalReady('SIGUSR2')
    expect([latest(1).signals, latest(2).signals]).toEqual([['SIGHUP', 'SIGUSR2'], []])
    latest(2).ready()
    expect(latest(2).signals).toEqual(['SIGHUP'])
  })

  it('survive an error that Node reports about one of them', async () => {
    const { serve, latest, lines } = createProcesses()
    await serve()
    latest(1).emit('error', new Error('kill EPERM'))
    expect(lines).toEqual([['process fault', { child: 1, reason: 'kill EPERM' }]])
  })
})
