import { type Channel, channel } from 'node:diagnostics_channel'
import type { EventEmitter } from 'node:events'

/** Codes of the process warnings, each emitted once; `docs/reference/events.md` explains them. */
export type WarningCode =
  | 'RTSPOOL_BACK_CHANNEL_FAILED'
  | 'RTSPOOL_CALLBACK_FAILED'
  | 'RTSPOOL_CONNECTIONS_REFUSED'
  | 'RTSPOOL_FILE_LEFT_OUT'
  | 'RTSPOOL_FILE_MEDIA_FAILED'
  | 'RTSPOOL_FOREIGN_PORT'
  | 'RTSPOOL_FRAGMENTED_PACKET'
  | 'RTSPOOL_OVERSIZED_PACKET'
  | 'RTSPOOL_PROXY_HEADER_REFUSED'
  | 'RTSPOOL_REFUSED_PACKET'
  | 'RTSPOOL_REQUEST_FAILED'
  | 'RTSPOOL_SEND_THREAD_FAILED'
  | 'RTSPOOL_SILENT_TRACK'
  | 'RTSPOOL_SOURCE_CLOSE_FAILED'
  | 'RTSPOOL_SUBSCRIBER_FAILED'
  | 'RTSPOOL_TIMELINE_BREAK'
  | 'RTSPOOL_UNLISTED_PACKET'
  | 'RTSPOOL_UNSENT_PACKET'

const given = new Set<WarningCode>()

/**
 * Emits a process warning about a fault that has no listener. Emits each code once, so that a fault
 * that recurs with every request does not fill a log.
 *
 * @param error - Cause of the fault; its message and those of its causes follow the text.
 */
export function warnOnce(code: WarningCode, text: string, error?: unknown): void {
  if (given.has(code)) return
  given.add(code)
  const reasons = reasonsOf(error)
  const message = printable(reasons === '' ? text : `${text}: ${reasons}`)
  process.emitWarning(message, { type: 'RtspoolWarning', code })
}

const maxWarningLength = 1000

/**
 * Replaces control characters: paths and messages may repeat a peer's text, which must not control
 * a terminal.
 */
function printable(text: string): string {
  const cut = text.length > maxWarningLength ? `${text.slice(0, maxWarningLength)}...` : text
  return cut.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })
}

/** Allows each warning to be emitted again; for tests. @internal */
export function forgetWarnings(): void {
  given.clear()
}

const maxCauses = 4

/** Returns the messages of an error and of its causes as one text, without repetitions. */
function reasonsOf(error: unknown): string {
  const reasons: string[] = []
  for (let each = error; each !== undefined && reasons.length < maxCauses; ) {
    const reason = each instanceof Error ? each.message : textOf(each)
    if (reason !== '' && !reasons.some((said) => said.includes(reason))) reasons.push(reason)
    each = each instanceof Error ? each.cause : undefined
  }
  return reasons.join(': ')
}

/** Returns a text for any thrown value, even an object without prototype. Never throws. */
function textOf(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : `something that is no Error (${typeof thrown})`
}

/**
 * Publishes messages on a channel of `node:diagnostics_channel`. If the channel has no subscriber,
 * its first message becomes a process warning.
 */
export class Diagnostic<Message extends object> {
  readonly #channel: Channel
  readonly #code: WarningCode
  readonly #text: (message: Message) => string

  /**
   * Opens the channel `name`.
   *
   * @param text - Returns the text of the process warning for a message; the messages of
   * `message.error` are appended.
   */
  constructor(name: `rtspool:${string}`, code: WarningCode, text: (message: Message) => string) {
    this.#channel = channel(name)
    this.#code = code
    this.#text = text
  }

  /**
   * Publishes a message on the channel; never throws. Without a subscriber, the first message becomes a process
   * warning.
   */
  publish(message: Message): void {
    if (this.#channel.hasSubscribers) publishSafely(this.#channel, message)
    else warnOnce(this.#code, this.#text(message), (message as { readonly error?: unknown }).error)
  }
}

/** Remembers kinds of faults, so that a fault that recurs with each packet is reported once. */
export class TellOnce {
  readonly #told = new Set<string>()

  /** Returns whether this is the first call with this kind of fault, so that the caller must report it. */
  isFirst(kind: string): boolean {
    const { size } = this.#told
    return this.#told.add(kind).size > size
  }
}

/** Minimum time in milliseconds between two reports of the same fault. */
const tellIntervalMs = 10_000

/** Limits the reports of a fault to one in ten seconds, and counts the messages in between. */
export class TellSometimes {
  #toldAt = Number.NEGATIVE_INFINITY
  #count = 0

  /**
   * Counts a message.
   *
   * @param now - Milliseconds of a clock that never goes back.
   * @returns Number of messages since the last report, this one included, if this message must be
   *   reported; otherwise 0.
   */
  note(now: number): number {
    this.#count++
    if (now - this.#toldAt < tellIntervalMs) return 0
    const count = this.#count
    this.#toldAt = now
    this.#count = 0
    return count
  }
}

/**
 * Calls the subscribers of a channel. `publish` of Node (20 to 26) turns an error of a subscriber
 * into an uncaught exception, but an observer must not end the process. If a version of Node stores
 * subscribers elsewhere, its own `publish` is used.
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

/**
 * Message on the diagnostics channel `rtspool:callback-failed`: a function of the application has
 * failed while no request waited for the function.
 */
export interface CallbackFailure {
  /** Name of the function: `listener of 'sessionRemoved'`, `admission.release`. */
  readonly callback: string
  /** Value that the function has thrown, or rejected with. */
  readonly error: unknown
}

const callbackFailed = new Diagnostic<CallbackFailure>(
  'rtspool:callback-failed',
  'RTSPOOL_CALLBACK_FAILED',
  ({ callback }) => `${callback} failed`,
)

/**
 * Publishes a {@link CallbackFailure} on the diagnostics channel `rtspool:callback-failed`. Never
 * throws.
 */
export function tellFailure(callback: string, error: unknown): void {
  callbackFailed.publish({ callback, error })
}

/**
 * Calls a function of the application. A failure, at once or later, is passed to
 * {@link tellFailure} and has no other effect.
 */
export function callSafely(callback: string, call: () => unknown): void {
  try {
    disown(callback, call())
  } catch (error) {
    tellFailure(callback, error)
  }
}

/**
 * Reports, like {@link tellFailure}, the rejection of a promise that a function of the application has
 * returned. Any other value is ignored. TypeScript accepts an async function where none is expected.
 *
 * @param callback - Name of the function, for the message.
 * @param answer - Value that it returned.
 */
export function disown(callback: string, answer: unknown): void {
  if (answer === undefined) return
  catchLater(answer, (error) => tellFailure(callback, error))
}

/**
 * Calls `failed` if `answer` is a promise that rejects. Never throws, and costs nothing without a
 * promise.
 */
export function catchLater(answer: unknown, failed: (error: unknown) => void): void {
  if (isThenable(answer)) Promise.resolve(answer).then(undefined, failed)
}

/** Returns whether `await` would wait for a value: a promise of any library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null) return false
  try {
    return typeof (value as { readonly then?: unknown }).then === 'function'
  } catch {
    // A value whose getter throws is not a promise.
    return false
  }
}

/**
 * Calls each listener of an event. A listener that throws or rejects affects neither the others nor
 * the emitter: the failure is published, see {@link CallbackFailure}.
 */
export function tell<E extends Record<keyof E, unknown[]>, K extends keyof E & string>(
  emitter: EventEmitter<E>,
  event: K,
  ...args: E[K]
): void {
  const { rawListeners } = emitter as EventEmitter
  for (const listener of rawListeners.call(emitter, event)) {
    // As in `callSafely`, but without a function for each call.
    try {
      const answer: unknown = listener.apply(emitter, args)
      if (answer !== undefined) disown(`listener of '${event}'`, answer)
    } catch (error) {
      tellFailure(`listener of '${event}'`, error)
    }
  }
}
