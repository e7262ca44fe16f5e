import type { ChildMessage, ParentMessage, ReadyNotice } from './process-messages.js'

/** Message of a child process that others than the list of processes evaluate. */
export type ChildRequest = Exclude<ChildMessage, ReadyNotice>

/** A child process, as node:child_process starts it. */
export interface ForkedProcess {
  readonly pid?: number | undefined
  readonly connected: boolean
  send(message: ParentMessage, sent: (error: Error | null) => void): unknown
  kill(signal: NodeJS.Signals): unknown
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  /** `close` follows the end of the process, once all of its messages have arrived. */
  once(
    event: 'close',
    listener: (code: number | null, signal: NodeJS.Signals | null) => void,
  ): unknown
}

/** Child process that runs. */
export interface Child {
  readonly process: ForkedProcess
  /** Monotonic milliseconds at which the process was ready; `undefined` before. */
  readyAt: number | undefined
  /** Port of the process for its siblings; 0 before it is ready. */
  port: number
  /** True if the configuration is to be read again as soon as the process is ready. */
  mustReload: boolean
}

/** End of a child process: its exit code or signal, or the reason why it could not be started. */
export interface ChildEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly reason?: string
}
