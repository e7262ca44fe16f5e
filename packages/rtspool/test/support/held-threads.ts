import type { Socket } from 'node:net'
import type { InterleavedReader } from '../../src/media/fan-out/reader.js'
import { ManualClock } from '../../src/testing/index.js'
import { type NativeSockets, nativeSockets } from '../../src/transport/system/native-sockets.js'
import { ChannelTable } from '../../src/transport/tcp/channel-table.js'
import { DirectSends } from '../../src/transport/tcp/direct-sends.js'
import type { SendThread } from '../../src/transport/threads/send-thread.js'
import { SendThreads } from '../../src/transport/threads/send-threads.js'
import { ThreadDatagrams } from '../../src/transport/worker/thread-datagrams.js'
import { ThreadSends } from '../../src/transport/worker/thread-sends.js'

const duplicateBase = 1000

/** Bytes that one connection was sent, by the event loop and by the thread. */
export interface SentTo {
  readonly loop: string[]
  readonly thread: string[]
}

/** A reader whose connection a test steers. */
export type HeldReader = InterleavedReader & {
  readonly carrier: {
    isCongested: boolean
    /** True while the connection accepts nothing more, and writes what it has. */
    isEnding: boolean
  }
  readonly lags: string[]
}

/**
 * A table of connections and send threads over a kernel that records. The threads handle entries
 * only in {@link run}.
 */
export class HeldThreads {
  readonly clock = new ManualClock()
  readonly threads: SendThreads
  readonly sends: DirectSends
  readonly sent = new Map<number, SentTo>()
  /** Descriptors whose peers read nothing. */
  readonly full = new Set<number>()
  /** Bytes of the next send of the thread that the kernel accepts, by descriptor. */
  readonly accepts = new Map<number, number>()
  readonly #maxEntryWaitMs: number | undefined
  readonly #sides: {
    readonly thread: SendThread
    readonly side: ThreadSends
    readonly datagrams: ThreadDatagrams
    readonly end: () => void
  }[] = []

  constructor(
    options: {
      handOverFrom?: number
      entriesBytes?: number
      maxThreads?: number
      native?: NativeSockets | undefined
      maxEntryWaitMs?: number
    } = {},
  ) {
    this.#maxEntryWaitMs = options.maxEntryWaitMs
    const native = options.native ?? nativeSockets()
    if (!native) throw new Error('expected koffi on Linux')
    this.threads = new SendThreads({
      clock: this.clock,
      maxThreads: options.maxThreads ?? 1,
      handOverFrom: options.handOverFrom ?? 4,
      splitFrom: options.handOverFrom ?? 4,
      stallMs: 10_000,
      sizes: { entriesBytes: options.entriesBytes ?? 1024 * 1024, slots: 256 },
      calls: { duplicate: (descriptor) => descriptor + duplicateBase, close: () => {} },
      start: (thread, { ready, ended }) => {
        const datagrams = new ThreadDatagrams(native, (...report) => side.report(...report))
        const side = new ThreadSends(
          thread.memory,
          {
            send: (descriptor, offset, size) => {
              if (this.full.has(descriptor - duplicateBase)) return -1
              const accepted = this.accepts.get(descriptor - duplicateBase) ?? size
              const sent = Math.min(accepted, size)
              this.accepts.delete(descriptor - duplicateBase)
              const text = thread.bytes.toString('latin1', offset, offset + sent)
              this.sentTo(descriptor - duplicateBase).thread.push(text)
              return sent
            },
            waitForReader: () => {
              throw new Error('the ring of reports is full')
            },
          },
          datagrams,
        )
        this.#sides.push({ thread, side, datagrams, end: () => ended(undefined) })
        ready()
        return { terminate: async () => {} }
      },
    })
    this.sends = new DirectSends(
      {
        ...native,
        // The address stands for the bytes: `sendAll` and `send` ask for it just before.
        addressOf: (buffer) => {
          this.#sending = buffer
          return 0n
        },
        send: (descriptor, _address, size) => {
          if (this.full.has(descriptor)) return -1
          this.sentTo(descriptor).loop.push(this.#sending.toString('latin1'))
          return size
        },
      },
      this.threads,
    )
  }

  #sending: Buffer = Buffer.alloc(0)

  sentTo(descriptor: number): SentTo {
    let sent = this.sent.get(descriptor)
    if (!sent) {
      sent = { loop: [], thread: [] }
      this.sent.set(descriptor, sent)
    }
    return sent
  }

  /**
   * Creates a reader whose connection has a descriptor. What is written to its stream goes to `loop`. With an entry for
   * the descriptor in {@link sent}, whose two lists may be one, the bytes go there.
   */
  reader(descriptor: number): HeldReader {
    const { sends, threads } = this
    const stream = this.sentTo(descriptor).loop
    const slot = sends.take({
      writeBack: (bytes) => stream.push(bytes.toString('latin1')),
      writeSideReturned: () => sends.open(slot, socket),
      threadFailed: () => stream.push('failed'),
    })
    const socket = { _handle: { fd: descriptor } } as unknown as Socket
    sends.open(slot, socket)
    const lags: string[] = []
    return {
      kind: 'interleaved',
      carrier: {
        channels: new ChannelTable(),
        direct: { sends, slot },
        isCongested: false,
        isEnding: false,
        maxEntryWaitMs: this.#maxEntryWaitMs,
        writeFrames(frames, packets) {
          if (this.isEnding) return
          if (!threads.tokens.post(slot, frames, undefined, packets))
            stream.push(frames.toString('latin1'))
        },
        grant: () => {},
      },
      channels: [0, 1],
      lag: { fellBehind: () => lags.push('behind'), caughtUp: () => lags.push('caught up') },
      counters: { packetsOut: 0, bytesOut: 0, packetsDropped: 0 },
      lags,
    }
  }

  /** Lets the threads handle all entries, and the event loop read the reports. */
  run(): void {
    for (const { side } of this.#sides) while (side.take()) {}
    this.threads.collect()
  }

  /** Lets the threads report lost datagrams. */
  report(): void {
    for (const { datagrams } of this.#sides) datagrams.report()
    this.threads.collect()
  }

  /** Ends a thread, as its exit does. */
  endThread(index = 0): void {
    this.#sides[index]?.end()
  }
}
