import { type Channel, channel } from 'node:diagnostics_channel'
import type { EventEmitter } from 'node:events'

/** Codes of the process warnings, each given once; `docs/observing.md` has what they mean. */
export type WarningCode =
  | 'RTSPOOL_BACK_CHANNEL_FAILED'
  | 'RTSPOOL_CALLBACK_FAILED'
  | 'RTSPOOL_CONNECTIONS_REFUSED'
  | 'RTSPOOL_FILE_LEFT_OUT'
  | 'RTSPOOL_FILE_MEDIA_FAILED'
  | 'RTSPOOL_FOREIGN_PORT'
  | 'RTSPOOL_FRAGMENTED_PACKET'
  | 'RTSPOOL_OVERSIZED_PACKET'
  | 'RTSPOOL_REFUSED_PACKET'
  | 'RTSPOOL_REQUEST_FAILED'
  | 'RTSPOOL_SILENT_TRACK'
  | 'RTSPOOL_SOURCE_CLOSE_FAILED'
  | 'RTSPOOL_SUBSCRIBER_FAILED'
  | 'RTSPOOL_TIMELINE_BREAK'
  | 'RTSPOOL_UNLISTED_PACKET'
  | 'RTSPOOL_UNSENT_PACKET'

const given = new Set<WarningCode>()

/**
 * Tells the console what nobody listens to, as a process warning. Gives each code once: a fault that comes back with
 * every request must not fill a log.
 *
 * @param error - Explains the fault; its message and those of its causes follow the text.
 */
export function warnOnce(code: WarningCode, text: string, error?: unknown): void {
  if (given.has(code)) return
  given.add(code)
  const reasons = reasonsOf(error)
  const message = printable(reasons === '' ? text : `${text}: ${reasons}`)
  process.emitWarning(message, { type: 'RtspoolWarning', code })
}

const maxWarningLength = 1000

/** Paths and messages may repeat what a peer has sent: nothing in them may steer a terminal. */
function printable(text: string): string {
  const cut = text.length > maxWarningLength ? `${text.slice(0, maxWarningLength)}...` : text
  return cut.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })
}

/** Lets each warning be given again; for tests. @internal */
export function forgetWarnings(): void {
  given.clear()
}

const maxCauses = 4

/** Messages of an error and of its causes; one that repeats what was said is left out. */
function reasonsOf(error: unknown): string {
  const reasons: string[] = []
  for (let each = error; each !== undefined && reasons.length < maxCauses; ) {
    const reason = each instanceof Error ? each.message : textOf(each)
    if (reason !== '' && !reasons.some((said) => said.includes(reason))) reasons.push(reason)
    each = each instanceof Error ? each.cause : undefined
  }
  return reasons.join(': ')
}

/** Anything can be thrown, an object without prototype among them. */
function textOf(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : `something that is no Error (${typeof thrown})`
}

/**
 * A channel of `node:diagnostics_channel`. Without a subscriber, its first message becomes a process warning.
 */
export class Diagnostic<Message extends object> {
  readonly #channel: Channel
  readonly #code: WarningCode
  readonly #text: (message: Message) => string

  /** @param text - Of the warning; the messages of `message.error` follow. */
  constructor(name: `rtspool:${string}`, code: WarningCode, text: (message: Message) => string) {
    this.#channel = channel(name)
    this.#code = code
    this.#text = text
  }

  /** Never throws. */
  publish(message: Message): void {
    if (this.#channel.hasSubscribers) publishSafely(this.#channel, message)
    else warnOnce(this.#code, this.#text(message), (message as { readonly error?: unknown }).error)
  }
}

/**
 * Calls the subscribers of a channel. `publish` of Node (20 to 26) makes an uncaught exception of what one of them
 * throws; somebody who only watches must not end the process. Where Node keeps them elsewhere, its own way is taken.
 */
function publishSafely(target: Channel, message: object): void {
  const { _subscribers: subscribers } = target as { _subscribers?: unknown }
  if (!Array.isArray(subscribers)) {
    target.publish(message)
    return
  }
  const failed = (error: unknown): void =>
    warnOnce('RTSPOOL_SUBSCRIBER_FAILED', `a subscriber of ${String(target.name)} failed`, error)
  for (const subscriber of [...subscribers]) {
    try {
      catchLater(subscriber(message, target.name), failed)
    } catch (error) {
      failed(error)
    }
  }
}

/** A function of the application that failed where no request waits for its answer. */
export interface CallbackFailure {
  /** Names the function: `listener of 'sessionRemoved'`, `admission.release`. */
  readonly callback: string
  /** Explains the failure: what the function has thrown, or rejected with. */
  readonly error: unknown
}

const callbackFailed = new Diagnostic<CallbackFailure>(
  'rtspool:callback-failed',
  'RTSPOOL_CALLBACK_FAILED',
  ({ callback }) => `${callback} failed`,
)

/** Tells of a function of the application that failed; see {@link CallbackFailure}. Never throws. */
export function tellFailure(callback: string, error: unknown): void {
  callbackFailed.publish({ callback, error })
}

/** Calls a function of the application; a failure at once or later is told, and changes nothing. */
export function callSafely(callback: string, call: () => unknown): void {
  try {
    disown(callback, call())
  } catch (error) {
    tellFailure(callback, error)
  }
}

/** Looks after a promise that nobody awaits: TypeScript takes an async function for one that answers nothing. */
export function disown(callback: string, answer: unknown): void {
  if (answer === undefined) return
  catchLater(answer, (error) => tellFailure(callback, error))
}

/** Calls `failed` when `answer` is a promise that rejects. Never throws, and costs nothing without a promise. */
export function catchLater(answer: unknown, failed: (error: unknown) => void): void {
  if (isThenable(answer)) Promise.resolve(answer).then(undefined, failed)
}

/** Whether `await` would wait for it: a promise, of whatever library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null) return false
  try {
    return typeof (value as { readonly then?: unknown }).then === 'function'
  } catch {
    // A getter that throws makes no promise, and is nobody's answer.
    return false
  }
}

/**
 * Tells each listener of an event. One that throws or rejects harms neither the others nor who caused the event: the
 * failure is published, see {@link CallbackFailure}.
 */
export function tell<E extends Record<keyof E, unknown[]>, K extends keyof E & string>(
  emitter: EventEmitter<E>,
  event: K,
  ...args: E[K]
): void {
  const { listenerCount, rawListeners } = emitter as EventEmitter
  if (listenerCount.call(emitter, event) === 0) return
  for (const listener of rawListeners.call(emitter, event)) {
    callSafely(`listener of '${event}'`, () => listener.apply(emitter, args))
  }
}
