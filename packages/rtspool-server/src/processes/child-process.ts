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
  /** Number of messages that the system has not accepted yet, because the process does not read. */
  unsent: number
  /** Called when the system has accepted all messages, after some have been left out; `undefined` = none. */
  onRead: (() => void) | undefined
}

/** End of a child process: its exit code or signal, or the reason why it could not be started. */
export interface ChildEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly reason?: string
}

/** Maximum number of messages that wait for a child process that does not read. Then states of sources are left out. */
const maxUnsent = 100

/** Returns a child process that has just started. */
export const newChild = (process: ForkedProcess): Child => ({
  ...{ process, readyAt: undefined, port: 0, mustReload: false },
  ...{ unsent: 0, onRead: undefined },
})

/**
 * Sends a message to a child process; one that has ended gets nothing. A child that does not read gets no further
 * states of sources, which would fill the memory of this process.
 *
 * @param onRead - Called once when the child reads again, if states have been left out.
 */
export function tell(child: Child, message: ParentMessage, onRead?: () => void): void {
  if (!child.process.connected) return
  if (message.kind === 'sourceStates' && child.unsent >= maxUnsent) {
    child.onRead = onRead
    return
  }
  child.unsent++
  child.process.send(message, () => {
    child.unsent--
    if (child.unsent > 0) return
    const { onRead: read } = child
    child.onRead = undefined
    read?.()
  })
}
