// Programs that run beside a benchmark: started on one core, spoken to in lines, and always ended.
import { execFileSync, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'

const endGraceMs = 5000

/** Cores: the server under test has one of its own, everything else shares the other. */
export const serverCore = 0
export const loadCore = 1
export const isPinned = availableParallelism() > 1 && canPin()

function canPin() {
  try {
    for (const core of [serverCore, loadCore]) {
      execFileSync('taskset', ['-c', String(core), 'true'], { stdio: 'ignore' })
    }
    return true
  } catch {
    return false
  }
}

const running = new Set()

/** Puts this process, and with it what it starts without a core of its own, on the core of the load. */
export function leaveServerCore() {
  if (isPinned) execFileSync('taskset', ['-acp', String(loadCore), String(process.pid)])
}

/**
 * A running program. Emits each JSON line of its stdout under the name in its `event`.
 * What it writes to stderr goes into the message of the error when it ends early.
 */
export class Program extends EventEmitter {
  #stderr = ''
  #isStopping = false

  constructor(command, args, { core, env } = {}) {
    super()
    this.setMaxListeners(0)
    const pinning = isPinned && Number.isInteger(core) ? ['taskset', '-c', String(core)] : []
    const [program, ...rest] = [...pinning, command, ...args]
    this.name = command.split('/').at(-1)
    this.child = spawn(program, rest, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    this.child.stdin.on('error', () => {})
    this.child.stderr.on('data', (chunk) => {
      this.#stderr = (this.#stderr + chunk).slice(-4000)
    })
    running.add(this)
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      running.delete(this)
      this.emit('ended', code, signal)
      return code
    })
    createInterface({ input: this.child.stdout }).on('line', (line) => this.#line(line))
  }

  get pid() {
    return this.child.pid
  }

  /** Everything on stderr so far, at most its last 4,000 characters. */
  get stderr() {
    return this.#stderr.trim()
  }

  /** The next line with this event. */
  async next(event, timeoutMs = 60_000) {
    let timer
    const timeout = new Promise((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`${this.name}: no "${event}" within ${timeoutMs} ms`)),
        timeoutMs,
      )
    })
    const early = this.ended.then((code) => {
      throw new Error(`${this.name} ended with ${code} before "${event}": ${this.stderr}`)
    })
    const came = once(this, event).then(([line]) => line)
    try {
      return await Promise.race([came, timeout, early])
    } finally {
      clearTimeout(timer)
      early.catch(() => {})
    }
  }

  say(line) {
    this.child.stdin.write(`${line}\n`)
  }

  signal(name) {
    this.child.kill(name)
  }

  /** Ends the program and waits for it. */
  async stop() {
    if (!running.has(this)) return
    if (!this.#isStopping) {
      this.#isStopping = true
      this.child.kill('SIGCONT')
      this.child.kill('SIGTERM')
    }
    const timer = setTimeout(() => this.child.kill('SIGKILL'), endGraceMs)
    await this.ended
    clearTimeout(timer)
  }

  #line(text) {
    if (!text.startsWith('{')) return
    const line = JSON.parse(text)
    this.emit(line.event, line)
    this.emit('line', line)
  }
}

export async function stopAll() {
  await Promise.all([...running].map((program) => program.stop()))
}

process.on('exit', () => {
  for (const program of running) program.child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

/* What the kernel says of a process. */

const nsPerSecond = 1e9
/** USER_HZ, the unit of /proc/PID/stat: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

/** CPU time of a process, all threads, at this moment. */
export function sampleCpu(pid) {
  const fields = statFields(pid)
  const threads = new Map()
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    try {
      const [runNs] = readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')
      threads.set(tid, Number(runNs))
    } catch {
      // The thread has just ended.
    }
  }
  return { atMs: performance.now(), ticks: fields.utime + fields.stime, ...fields, threads }
}

/**
 * CPU seconds between two samples: in nanoseconds as the scheduler counts them as long as the threads are the
 * same, else utime + stime, which are exact to 10 ms.
 */
export function cpuSecondsBetween(first, last) {
  const user = (last.utime - first.utime) / ticksPerSecond
  const system = (last.stime - first.stime) / ticksPerSecond
  const isSame =
    first.threads.size === last.threads.size &&
    [...first.threads.keys()].every((tid) => last.threads.has(tid))
  let total = user + system
  if (isSame) {
    total = 0
    for (const [tid, runNs] of last.threads) total += (runNs - first.threads.get(tid)) / nsPerSecond
  }
  return { total, user, system, wall: (last.atMs - first.atMs) / 1000 }
}

function statFields(pid) {
  // The command in parentheses may hold anything; the fields after it are numbers. utime is field 14.
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { utime: Number(fields[11]), stime: Number(fields[12]) }
}

/** Resident and proportional memory in bytes. */
export function sampleMemory(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const bytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024
  return { rss: bytes('Rss'), pss: bytes('Pss') }
}

/** Open file descriptors, and how many of them are sockets. */
export function sampleDescriptors(pid) {
  const directory = `/proc/${pid}/fd`
  let sockets = 0
  const names = readdirSync(directory)
  for (const name of names) {
    try {
      if (readlinkSync(`${directory}/${name}`).startsWith('socket:')) sockets++
    } catch {
      // Closed in the meantime.
    }
  }
  return { open: names.length, sockets }
}

let softirqPid

/**
 * CPU sample of the kernel thread that takes over network work of the server's core when there is too much:
 * time that a server causes but is not charged with.
 */
export function sampleSoftirq() {
  softirqPid ??= findSoftirqThread()
  return softirqPid === 0 ? undefined : sampleCpu(softirqPid)
}

function findSoftirqThread() {
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    try {
      const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
      if (name === `ksoftirqd/${serverCore}`) return Number(pid)
    } catch {
      // Gone in the meantime.
    }
  }
  return 0
}
