import cluster from 'node:cluster'
import { randomBytes } from 'node:crypto'
import { systemClock } from 'rtspool'
import { MemoryStore } from 'rtspool/cluster'
import type { Config } from '../config/schema.js'
import { tryOpenLog } from '../configured-log.js'
import { LevelSwitch } from '../log/level-switch.js'
import type { CommandOptions } from '../options.js'
import { logFaults } from '../process-faults.js'
import { changeLevelAtSignal, rereadAtHangup, stopExitCodes, stopSignal } from '../signals.js'
import { ChildProcesses } from './child-processes.js'
import { endLimitMs } from './end-limit.js'
import { type ConnectionTaker, closeLostConnections } from './lost-connections.js'
import { type ChildFacts, processVariable } from './own-process.js'
import type { AssignmentNotice } from './process-messages.js'
import { ProgramGuard } from './program-guard.js'
import { SourceAssignment } from './source-assignment.js'
import { StoreServer } from './store-server.js'

/** Milliseconds in which a child process ends with its programs after a second signal, before it is killed. */
const atOnceMs = 2000

/**
 * Serves with several processes: starts them, holds the data of their cluster, accepts their connections and passes
 * signals on to them.
 *
 * @returns The exit code: 0 after a clean end, 1 if the server could not start.
 */
export async function serveProcesses(options: CommandOptions, version: string): Promise<number> {
  const { config } = options.settings
  const { processes: count } = config.cluster
  const opened = tryOpenLog(options.settings)
  if (typeof opened === 'string') {
    process.stderr.write(`${opened}\n`)
    return 1
  }
  const { log } = opened
  const levels = new LevelSwitch(log)
  const store = new StoreServer(new MemoryStore(storeOptionsOf(config)))
  const programs = new ProgramGuard()
  const sources = new SourceAssignment(count)
  let isStopping = false
  const children = new ChildProcesses({
    ...{ count, log, fork: forkerOf(options) },
    async answer(number, message) {
      if (message.kind === 'storeRequest') {
        const reply = await store.answer(number, message)
        // Siblings sign their requests for the tag.
        if (message.method === 'join') children.tellAll(assignmentOf(sources, store))
        return reply
      }
      if (message.kind === 'program') programs.note(number, message)
      else if (message.kind === 'reload' || message.kind === 'sourceStates') {
        children.tellAll(message, number)
      } else if (message.kind === 'sourcePaths') {
        sources.want(number, message.paths)
        children.tellAll(assignmentOf(sources, store))
      }
      return undefined
    },
    ended(number) {
      void store.forget(number)
      const killed = programs.end(number)
      if (killed.length > 0) log.warn({ child: number, pids: killed }, 'programs killed')
      if (isStopping) return
      sources.end(number)
      children.tellAll(assignmentOf(sources, store))
    },
  })
  let isHurried = false
  const stop = stopSignal(process, systemClock, async (signal) => {
    if (!isHurried) {
      isHurried = true
      await children.endAtOnce(atOnceMs)
    }
    process.exit(stopExitCodes[signal])
  })
  const killAll = (): void => {
    children.signal('SIGKILL')
    programs.endAll()
  }
  process.once('exit', killAll)
  const ends = [
    () => process.off('exit', killAll),
    () => stop.ignore(),
    rereadAtHangup(opened, config.log.file, () => children.reload()),
    changeLevelAtSignal(levels),
    passOnLevelSignal(children),
    logFaults(log),
  ]
  try {
    const stopped = stop.received.then(async (signal) => {
      isStopping = true
      log.info({ signal }, 'processes end')
      return children.stop(signal, endLimitMs(signal, options))
    })
    const failure = await children.start()
    if (failure > 0) return failure
    log.info({ version, processes: count }, 'processes ready')
    const exitCode = await stopped
    log.info('processes closed')
    return exitCode
  } finally {
    await opened.close()
    for (const end of ends) end()
  }
}

const assignmentOf = ({ owners }: SourceAssignment, { tags }: StoreServer): AssignmentNotice => ({
  ...{ kind: 'assignment', owners, tags },
})

/** Returns the times of the ledger. It has no other life than the processes, so nobody has to be waited for. */
function storeOptionsOf({ cluster: { leaseSeconds, graceSeconds } }: Config) {
  const [leaseMs, graceMs] = [leaseSeconds, graceSeconds].map((seconds) =>
    Math.round(seconds * 1000),
  )
  return { leaseMs, graceMs, warmMs: 0 }
}

/** Returns a function that starts the command anew, with the environment and the arguments of this process. */
function forkerOf({ sources: { environment }, settings }: CommandOptions) {
  const { processes: count } = settings.config.cluster
  const key = randomBytes(32).toString('base64url')
  // Node's default on Windows lets the system choose, which gives most connections to few processes.
  cluster.schedulingPolicy = cluster.SCHED_RR
  cluster.setupPrimary({ serialization: 'advanced' })
  return (number: number, isRestart: boolean) => {
    const facts: ChildFacts = { number, count, key, isRestart }
    const worker = cluster.fork({ ...environment, [processVariable]: JSON.stringify(facts) })
    // The process tells its error as well, and the worker would throw it.
    worker.on('error', () => {})
    closeLostConnections(worker.process as ConnectionTaker)
    return worker.process
  }
}

/** Passes SIGUSR2 on, which changes the level of the log. @returns A function that ends this */
function passOnLevelSignal(children: ChildProcesses): () => void {
  if (process.platform === 'win32') return () => {}
  const passOn = (): void => children.signalReady('SIGUSR2')
  process.on('SIGUSR2', passOn)
  return () => process.off('SIGUSR2', passOn)
}
