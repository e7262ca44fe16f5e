import { type Clock, systemClock } from 'rtspool'
import type { LevelSwitch } from './log/level-switch.js'
import type { CommandLog } from './log/log.js'

/** Exit code after each signal, as shells expect it: 128 + the number of the signal. */
export const stopExitCodes = { SIGINT: 130, SIGTERM: 143 } as const

/** Signals that end the server. */
export type StopSignal = keyof typeof stopExitCodes

/** Milliseconds after the first signal in which further signals are ignored, because one Ctrl-C can send several. */
const samePressMs = 500

/** Result of {@link stopSignal}: a promise of the signal that ends the server. */
export interface StopSignalWait {
  readonly received: Promise<StopSignal>
  /** Restores the default effect of the signals on the process. */
  ignore(): void
}

/** Milliseconds between two checks of the parent process, if npx has started this process. */
const parentIntervalMs = 1000

/** Facts of the process by which {@link stopSignal} notices the end of npx. */
export interface OwnProcess {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Process id of the present parent. */
  readonly ppid: number
}

/** Function that is called at each signal more than 500 ms after the first one. */
type FurtherSignal = (signal: StopSignal) => void

const exitAtOnce: FurtherSignal = (signal) => process.exit(stopExitCodes[signal])

/**
 * Listens for SIGINT and SIGTERM from now on. The promise `received` resolves with the first one. Another one more than
 * 500 ms later ends the process at once, with exit code 130 or 143, unless `further` does something else.
 *
 * If npx has started the server, the end of the parent process counts as SIGTERM. npm 11 signals only the shell that
 * npm has started, and the server would go on without a parent.
 *
 * @param own - Environment and parent of this process, by which the end of npx is noticed.
 * @param clock - Clock of the signals, and of the timer that looks at the parent once a second.
 * @param further - Called at a signal more than 500 ms after the first. @default ends the process
 */
export function stopSignal(
  own: OwnProcess = process,
  clock: Clock = systemClock,
  further: FurtherSignal = exitAtOnce,
): StopSignalWait {
  const { promise, resolve } = resolvers<StopSignal>()
  let firstAt: number | undefined
  const ignore = listen(Object.keys(stopExitCodes) as StopSignal[], (signal) => {
    // npm passes Ctrl-C on to a process that already got it from the terminal.
    const now = clock.now()
    firstAt ??= now
    if (now - firstAt > samePressMs) further(signal)
    else resolve(signal)
  })
  const unwatch = watchNpx(own, () => resolve('SIGTERM'), clock)
  return {
    received: promise,
    ignore: () => {
      unwatch()
      ignore()
    },
  }
}

/**
 * Calls `ended` once when the parent process has ended, if npx has started this process; otherwise never.
 *
 * @returns A function that stops watching.
 */
function watchNpx(own: OwnProcess, ended: () => void, clock: Clock): () => void {
  if (own.env.npm_lifecycle_event !== 'npx') return () => undefined
  const { ppid } = own
  const look = (): void => {
    if (own.ppid !== ppid) ended()
    else timer = clock.schedule(look, parentIntervalMs, false)
  }
  let timer = clock.schedule(look, parentIntervalMs, false)
  return () => timer.cancel()
}

/**
 * Calls `reload` at each SIGHUP, after the log file has been opened again by its name. SIGHUP never
 * ends the server, because a closed terminal and a wrong `systemctl reload` send it too.
 *
 * @param logFile - Name of the log file, if there is one.
 * @param reload - Reads the configuration and the files that it names.
 * @returns A function that restores the default effect of the signal.
 */
export function rereadAtHangup(
  { log, reopen }: CommandLog,
  logFile: string | undefined,
  reload: () => void,
): () => void {
  return listen(['SIGHUP'], () => {
    if (logFile !== undefined) {
      reopen((error) => {
        if (error) log.error({ file: logFile, reason: error.message }, 'log file not opened again')
        else log.info({ file: logFile }, 'log file opened again')
      })
    }
    reload()
  })
}

/**
 * Switches the log level to debug at a SIGUSR2, and back at the next one. SIGUSR1 is Node's own: it
 * starts the debugger.
 *
 * @returns A function that restores the default effect of the signal.
 */
export const changeLevelAtSignal = (levels: LevelSwitch): (() => void) =>
  listen(['SIGUSR2'], () => levels.toggle())

function listen<Signal extends NodeJS.Signals>(
  signals: readonly Signal[],
  listener: (signal: Signal) => void,
): () => void {
  // Windows has no SIGUSR2, and refuses listeners for it.
  const known = signals.filter((signal) => process.platform !== 'win32' || signal !== 'SIGUSR2')
  for (const signal of known) process.on(signal, listener as NodeJS.SignalsListener)
  return () => {
    for (const signal of known) process.off(signal, listener as NodeJS.SignalsListener)
  }
}

/**
 * Returns a promise and a function that resolves the promise, like `Promise.withResolvers`, which Node 20 does not
 * have.
 */
function resolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
