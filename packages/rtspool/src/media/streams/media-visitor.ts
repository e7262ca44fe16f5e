import type { UnitVisit } from '../../public/access-unit.js'
import { createPassingDepacketizer, type Depacketizer, type RtpUnit } from '../../rtp/index.js'
import type { PacketBatch } from '../fan-out/packet-batch.js'
import type { Media } from '../media.js'
import type { MediaParticipant } from '../participants.js'
import { accessUnitOf, payloadFormatOf } from '../track/access-units.js'
import type { Track } from '../track/track.js'
import { leaderIndexOf, MediaIntake, type MediaReaderOptions } from './media-intake.js'
import { QueuedTimes } from './queued-times.js'
import { ReadQueue } from './read-queue.js'

/** Number of queued access units after which a visitor pauses, so that the event loop can do other work. */
const unitsPerTurn = 16

/** A track of the media, as {@link MediaVisitor} reads it. */
interface VisitedTrack {
  readonly track: Track
  readonly depacketizer: Depacketizer
  readonly times: QueuedTimes
  /** Number of packets left out since the last access unit of the track, because the application was too slow. */
  missed: number
}

/**
 * Reads a media for a function of the application, which is called with each access unit as soon as the last packet of
 * the unit arrives. Packets are copied once, into memory that is used again for the next unit. While the application
 * waits for a promise, packets wait in a bounded queue.
 *
 * ```text
 * batch ─▶ depacketizer ─▶ visit                 while the application keeps up
 *      └─▶ queue ─▶ depacketizer ─▶ visit        after a promise
 * ```
 */
export class MediaVisitor implements MediaParticipant {
  readonly #intake: MediaIntake
  readonly #from: MediaReaderOptions['from']
  readonly #tracks: readonly VisitedTrack[]
  readonly #queue: ReadQueue
  readonly #visit: UnitVisit
  readonly #outcome = createOutcome()
  /** True before the start, during a visit, and after the end: packets are queued then. */
  #isBusy = true
  #isEnded = false
  /** Reason of {@link stop}, which takes effect after the present visit. */
  #stopped: { readonly reason: unknown } | undefined
  /** Units that their last packet has completed, with their times, that wait for the end of the present visit. */
  readonly #waiting: (readonly [VisitedTrack, RtpUnit, number | undefined])[] = []
  #flushedTracks = 0
  #unitsThisTurn = 0
  readonly #resume = (): void => {
    this.#unitsThisTurn = 0
    this.#isBusy = false
    this.#drain()
  }
  readonly #fail = (error: unknown): void => {
    this.#isBusy = true
    this.#outcome.reject(error)
  }

  constructor(media: Media, visit: UnitVisit, options: MediaReaderOptions) {
    const { from, maxQueuedBytes } = options
    this.#visit = visit
    this.#from = from
    const tracks = media.tracks.map((track) => {
      const depacketizer = createPassingDepacketizer(payloadFormatOf(track))
      return { track, depacketizer, times: new QueuedTimes(track), missed: 0 }
    })
    this.#tracks = tracks
    const timeOf = (index: number, packet: Buffer) => tracks[index]?.times.ofArrival(packet)
    const waitsForEntry = from === 'keyFrame'
    this.#queue = new ReadQueue(maxQueuedBytes, leaderIndexOf(media), waitsForEntry, timeOf)
    const sinkOf = ({ index }: Track) => ({
      begin: (first: readonly Buffer[]) => this.#queue.begin(index, first),
      take: (batch: PacketBatch) => this.#take(index, batch),
    })
    this.#intake = new MediaIntake(media, this, sinkOf, options)
    // The caller may leave before it waits for the outcome.
    this.#outcome.promise.catch(() => {})
  }

  /**
   * Resolves once the media has ended and all its units were visited. Rejects with the error of a visit, or the reason of
   * {@link stop}.
   */
  get ended(): Promise<void> {
    return this.#outcome.promise
  }

  /** Starts to visit units: first those of the cached packets, if any. */
  start(): void {
    this.#intake.start(this.#from)
    this.#resume()
  }

  /** Ends the visits with an error, after the present visit and its promise. */
  stop(reason: unknown): void {
    this.#stopped ??= { reason }
    if (!this.#isBusy) this.#drain()
  }

  mediaEnded(): void {
    this.#isEnded = true
    // The tracks close after this call, and then send the packets that wait for the end of their frame.
    if (!this.#isBusy) this.#pause()
  }

  rangeEnded(): void {
    this.mediaEnded()
  }

  /** Leaves the media, and drops the queued packets. Idempotent. */
  close(): void {
    this.#isBusy = true
    this.#intake.close()
    this.#queue.clear()
  }

  #take(index: number, batch: PacketBatch): void {
    const read = this.#tracks[index]
    if (!read) return
    if (this.#isBusy || !this.#queue.isPassing) {
      this.#queue.take(index, batch)
    } else {
      read.missed += this.#queue.takeMissed(index)
      this.#pass(index, read, batch)
    }
    if (!this.#isBusy) this.#drain()
  }

  /** Reads the packets of a batch where they are, and queues the rest if a visit returns a promise. */
  #pass(index: number, read: VisitedTrack, batch: PacketBatch): void {
    const { packets } = batch
    read.times.noteDirect()
    for (let at = 0; at < packets.length; at++) {
      this.#visitAll(read, read.depacketizer.push(packets[at] as Buffer))
      if (!this.#isBusy) continue
      // A fragment of a recording mostly ends with a batch, of which nothing is left to copy.
      this.#queue.takeRest(index, batch, at + 1)
      return
    }
  }

  /** Visits what waits, until a visit returns a promise. */
  #drain(): void {
    while (!this.#isBusy) {
      if (this.#stopped) this.#fail(this.#stopped.reason)
      else if (this.#unitsThisTurn >= unitsPerTurn) this.#pause()
      else if (!this.#visitNext()) return
    }
  }

  /** Lets the event loop do other work before the next visit. */
  #pause(): void {
    this.#isBusy = true
    setImmediate(this.#resume)
  }

  /** Visits the next unit, or reads the next packet. @returns `false` if nothing waits. */
  #visitNext(): boolean {
    const waiting = this.#waiting.shift()
    const queued = waiting ? undefined : this.#queue.shift()
    const read = queued && this.#tracks[queued.track]
    if (waiting) this.#visitUnit(...waiting)
    else if (queued && read) {
      read.missed += queued.missed
      read.times.noteQueued(queued.packet, queued.unixTimeMs)
      this.#visitAll(read, read.depacketizer.push(queued.packet))
    } else if (!this.#isEnded) {
      this.#unitsThisTurn = 0
      return false
    } else this.#flushNext()
    return true
  }

  /** Visits the unit of the next track that waited for further packets; after the last track, ends. */
  #flushNext(): void {
    const read = this.#tracks[this.#flushedTracks++]
    if (read) {
      this.#visitAll(read, read.depacketizer.flush())
      return
    }
    this.#isBusy = true
    this.#outcome.resolve()
  }

  #visitAll(read: VisitedTrack, units: readonly RtpUnit[]): void {
    for (const unit of units) {
      const unixTimeMs = read.times.ofUnit(unit.timestamp)
      if (this.#isBusy) this.#waiting.push([read, unit, unixTimeMs])
      else this.#visitUnit(read, unit, unixTimeMs)
    }
  }

  #visitUnit(read: VisitedTrack, unit: RtpUnit, unixTimeMs: number | undefined): void {
    const { missed } = read
    read.missed = 0
    this.#unitsThisTurn++
    this.#isBusy = true
    try {
      const work = this.#visit(accessUnitOf(read.track, unit, missed, unixTimeMs))
      if (work !== undefined) Promise.resolve(work).then(this.#resume, this.#fail)
      else if (this.#stopped) this.#fail(this.#stopped.reason)
      else this.#isBusy = false
    } catch (error) {
      this.#fail(error)
    }
  }
}

/** Promise for the end of the visits, and the functions that settle it. */
interface Outcome {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

function createOutcome(): Outcome {
  let [resolve, reject]: [Outcome['resolve'], Outcome['reject']] = [() => {}, () => {}]
  const promise = new Promise<void>((onEnd, onError) => {
    resolve = onEnd
    reject = onError
  })
  return { promise, resolve, reject }
}
