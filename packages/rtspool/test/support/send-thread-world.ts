import { ManualClock } from '../../src/testing/index.js'
import type { SendThread } from '../../src/transport/threads/send-thread.js'
import { SendThreads } from '../../src/transport/threads/send-threads.js'
import type { TokenOwner } from '../../src/transport/threads/write-token.js'
import { ThreadSends } from '../../src/transport/worker/thread-sends.js'

export const slot = 3
/** Descriptor of the socket, and what a duplicate adds to it. */
export const socketDescriptor = 10
const duplicateBase = 100

export interface WorldOptions {
  /** Returns how many bytes the kernel accepts from a send of the thread. */
  readonly accepts?: (sizeBytes: number) => number
  /** The main side writes to the stream while the write side is on its way back. */
  readonly isHasty?: boolean
  /** The thread forgets that it has given the write side back. */
  readonly isForgetful?: boolean
  readonly position?: number
  readonly entriesBytes?: number
  readonly maxThreads?: number
  /** The process may open no more descriptors. */
  readonly hasNoDescriptors?: boolean
  /** The system refuses threads. */
  readonly refusesThreads?: boolean
}

/**
 * The event loop's side and a send thread in one process, step by step. `wire` is what the peer of
 * one connection receives.
 */
export class SendThreadWorld implements TokenOwner {
  readonly clock = new ManualClock()
  readonly threads: SendThreads
  readonly wire: string[] = []
  readonly descriptors = new Set<number>()
  readonly failures: Error[] = []
  returned = 0
  failed = 0
  hasNews = false
  #options: WorldOptions
  #thread: SendThread | undefined
  #sends: ThreadSends | undefined
  /** Ends the present thread, as the exit of a worker does. */
  end: (error?: Error) => void = () => {}
  terminations = 0
  started = 0

  constructor(options: WorldOptions = {}) {
    this.#options = options
    this.threads = new SendThreads({
      clock: this.clock,
      maxThreads: options.maxThreads ?? 1,
      handOverFrom: 1,
      splitFrom: 1,
      stallMs: 10_000,
      sizes: {
        entriesBytes: options.entriesBytes ?? 128 * 1024,
        reportsBytes: 1024,
        position: options.position ?? 0,
        slots: 8,
      },
      calls: {
        duplicate: (descriptor) => {
          if (options.hasNoDescriptors) return -1
          const duplicate = descriptor + duplicateBase + this.descriptors.size
          this.descriptors.add(duplicate)
          return duplicate
        },
        close: (descriptor) => this.descriptors.delete(descriptor),
      },
      start: (thread, { ready, ended }) => {
        this.#thread = thread
        this.#sends = this.#threadSide()
        this.end = ended
        if (options.refusesThreads) return undefined
        this.started++
        ready()
        return { terminate: async () => this.terminations++ }
      },
      onFailure: (error) => this.failures.push(error),
    })
    this.threads.tokens.register(slot, this)
  }

  get thread(): SendThread {
    if (!this.#thread) throw new Error('no thread has been started')
    return this.#thread
  }

  #threadSide(): ThreadSends {
    const { thread } = this
    return new ThreadSends(thread.memory, {
      send: (_descriptor, offset, sizeBytes) => {
        const sent = this.#options.accepts?.(sizeBytes) ?? sizeBytes
        if (sent > 0) this.wire.push(thread.bytes.toString('latin1', offset, offset + sent))
        return sent
      },
      waitForReader: () => {
        throw new Error('the ring of reports is full')
      },
    })
  }

  /** Gives the write side to the thread, if the event loop has it. */
  give(): boolean {
    return this.threads.tokens.give(slot, socketDescriptor)
  }

  /** Writes to the connection, as a stream's writer does. */
  write(text: string): void {
    const isHasty = this.#options.isHasty && this.threads.tokens.of(slot)?.state === 'returning'
    if (isHasty || !this.threads.tokens.post(slot, Buffer.from(text))) this.wire.push(text)
  }

  /** Lets the thread handle one entry. @returns `false` if there is none. */
  step(): boolean {
    if (this.#options.isForgetful) this.#sends = this.#threadSide()
    const hasTaken = this.#sends?.take() ?? false
    this.hasNews ||= this.#sends?.hasNews ?? false
    return hasTaken
  }

  /** Lets the event loop read the reports. */
  collect(): void {
    this.hasNews = false
    this.threads.collect()
  }

  /** Lets both sides run until nothing is left. */
  settle(): void {
    for (;;) {
      let moves = 0
      while (this.step()) moves++
      this.collect()
      if (moves === 0) return
    }
  }

  writeBack(bytes: Buffer, onTaken?: () => void): void {
    this.wire.push(String(bytes))
    onTaken?.()
  }

  writeSideReturned(): void {
    this.returned++
  }

  threadFailed(): void {
    this.failed++
  }
}
