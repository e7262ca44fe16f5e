import cluster from 'node:cluster'
import { systemClock } from 'rtspool'
import type { Environment } from '../config/environment.js'
import type { StartProgram } from '../sources/exec/program.js'
import type { IpcStore } from './ipc-store.js'
import type { ChildMessage, ParentMessage } from './process-messages.js'
import type { MeasuredProcess, ProcessMetrics } from './process-metrics.js'
import { announcedStart } from './program-guard.js'
import { SharedReloads } from './shared-reloads.js'
import { type ProcessIdentity, Siblings } from './siblings.js'
import { SourceShares } from './source-shares.js'

/** Facts that a child process knows of itself. */
export interface ChildFacts extends ProcessIdentity {
  /** True if a process with this number has run before. */
  readonly isRestart: boolean
}

/** Environment variable from which a child process knows its {@link ChildFacts}, as JSON. */
export const processVariable = 'RTSPOOL_CHILD'
/** Milliseconds within which a child ends after its parent. */
const orphanMs = 10_000

/** Child process of the command that this process is: it shares ports and limits with its siblings. */
export class OwnProcess {
  /** Number of the process, from 1 on, which a process that replaces it has as well. */
  readonly number: number
  /** True if a process with this number has run before. */
  readonly isRestart: boolean
  /** Secret that only this process and its siblings know. */
  readonly key: string
  readonly siblings: Siblings
  /** Division of the sources among this process and its siblings. */
  readonly sources: SourceShares
  /** Reloads of the configuration in the other processes after the API of process 1 has changed the configuration. */
  readonly reloads = new SharedReloads(() => tellParent({ kind: 'reload' }))
  /** Starts a program of a source. The parent learns of the program, and kills it when this process has ended. */
  readonly startProgram: StartProgram = announcedStart((notice) => tellParent(notice))
  #store: IpcStore | undefined
  #metrics: ProcessMetrics | undefined
  readonly #onMessage = (message: ParentMessage): void => {
    if (message.kind === 'ports') {
      this.siblings.notePorts(message.ports)
      this.sources.notePorts()
    } else if (message.kind === 'assignment') this.sources.noteAssignment(message)
    else if (message.kind === 'sourceStates') this.sources.noteStates(message)
    else if (message.kind === 'reload') this.reloads.note()
    // Listeners for the exit of the process kill its programs.
    else if (message.kind === 'end') process.exit(1)
    else this.#store?.receive(message)
  }
  readonly #onDisconnect = (): void => {
    // Otherwise Node would end the process at once, and recordings and programs with it.
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true
    this.#store?.close()
    systemClock.schedule(() => process.exit(1), orphanMs, false)
    process.emit('SIGINT', 'SIGINT')
  }

  private constructor(facts: ChildFacts) {
    this.number = facts.number
    this.isRestart = facts.isRestart
    this.key = facts.key
    this.siblings = new Siblings(facts)
    this.sources = new SourceShares({
      ...{ number: facts.number, tellParent },
      portOf: (number) => this.siblings.portOf(number),
    })
    process.on('message', this.#onMessage)
    process.prependListener('disconnect', this.#onDisconnect)
  }

  /** Returns the child process that this process is; `undefined` for a process without siblings. */
  static of(environment: Environment): OwnProcess | undefined {
    const text = environment[processVariable]
    if (text === undefined || !cluster.isWorker) return undefined
    return new OwnProcess(JSON.parse(text) as ChildFacts)
  }

  /** True for the process that alone has the ports and files of which there is one for all: the API and the bans. */
  get leads(): boolean {
    return this.number === 1
  }

  /** URL of this process for its siblings, without a path. */
  get url(): string {
    return `rtsp://127.0.0.1:${this.siblings.port}`
  }

  /** Opens the store of the cluster, whose data are in the parent process. */
  async openStore(): Promise<IpcStore> {
    const { openIpcStore } = await import('./ipc-store.js')
    const store = openIpcStore({
      get isOpen() {
        return process.connected
      },
      send: (message, sent) => void process.send?.(message, undefined, undefined, sent),
    })
    this.#store = store
    return store
  }

  /** Tells the parent that this process serves clients, which may ask it for its metrics from now on. */
  async noteReady(parts: MeasuredProcess): Promise<void> {
    if (!this.leads) {
      const { ProcessMetrics } = await import('./process-metrics.js')
      const metrics = new ProcessMetrics(parts)
      this.#metrics = metrics
      this.siblings.metrics = () => metrics.text()
    }
    tellParent({ kind: 'ready', port: this.siblings.port })
  }

  /** Returns the metrics of all processes, with those of this one. */
  async allMetrics(own: string): Promise<string> {
    const { mergeMetrics } = await import('../metrics/merge-metrics.js')
    const others = await this.siblings.othersMetrics()
    return mergeMetrics(new Map([[this.number, own], ...others]))
  }

  /** Closes the port for other processes, and all that they have asked for. Idempotent. */
  closePort(): void {
    this.sources.close()
    this.siblings.close()
    this.#metrics?.close()
  }

  /** Closes the connection to the parent, so that the process can end. */
  close(): void {
    this.closePort()
    process.off('message', this.#onMessage)
    process.off('disconnect', this.#onDisconnect)
    if (process.connected) cluster.worker?.disconnect()
  }
}

/** Sends a message to the parent. A parent that has ended gets nothing. */
function tellParent(message: ChildMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}
