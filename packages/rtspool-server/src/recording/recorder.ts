import { join } from 'node:path'
import { type AccessUnit, type Clock, type MediaInfo, RequestError, type RtspServer } from 'rtspool'
import { encodingOf } from '../codec/track-coding.js'
import { endOrDeadline } from './deadline.js'
import { fileNameOf } from './file-pattern.js'
import type { MachineUptime } from './machine-uptime.js'
import type { RecordingPlan } from './recording-plan.js'
import type { ClosedSegment } from './segment.js'
import type { SegmentFacts } from './segment-facts.js'
import { codeOf, type SegmentFile, type SegmentStore } from './segment-store.js'
import { Segmenter } from './segmenter.js'
import { nextBoundary, TimeZone } from './time-zone.js'

/**
 * Reason for the end of a recording: the media has ended, somebody has stopped the recording, or the recording has
 * failed. {@link RecorderListener.failed} has then received the cause.
 */
export type RecordingEnd = 'mediaEnded' | 'stopped' | 'failed'

/** Reason for a failure: a file cannot be written, the source fails, or no track can be recorded. */
export type RecordingFailure = 'writeFailed' | 'sourceFailed' | 'notRecordable'

/** State of a recorder: `waiting` until the first file has been created, then `recording`. */
export type RecorderState = 'waiting' | 'recording' | 'ended'

/** Receives the events of a recorder. */
export interface RecorderListener {
  /** Called once the first file exists. @param refused - Encodings of tracks that the files leave out. */
  started(recorder: Recorder, refused: readonly string[]): void
  segmentClosed(recorder: Recorder, segment: ClosedSegment): void
  failed(recorder: Recorder, failure: RecordingFailure, error: unknown): void
  /** Called once, after all other events of the recorder, with the reason for the end of the recording. */
  ended(recorder: Recorder, end: RecordingEnd): void
}

export interface RecorderOptions {
  readonly server: RtspServer
  readonly plan: RecordingPlan
  /** Media to record while it runs; `undefined` = start the source at the path of the plan, and record that. */
  readonly media: MediaInfo | undefined
  readonly clock: Clock
  readonly store: SegmentStore
  readonly uptime: MachineUptime
  readonly listener: RecorderListener
}

/**
 * Records one media, until it ends or {@link stop} is called. A disk that is too slow delays only the recorder: packets
 * are left out for it, as for any reader inside the process, up to a key frame.
 */
export class Recorder {
  readonly plan: RecordingPlan
  readonly path: string
  /** Time at which the recorder was created. */
  readonly createdTime: Date
  readonly #options: RecorderOptions
  readonly #zone: TimeZone
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>
  #stream: Segmenter | undefined
  #state: RecorderState = 'waiting'
  #hasStarted = false
  #file: string | undefined
  readonly #openFiles = new Set<string>()
  #sizeBytes = 0
  #missedPackets = 0

  constructor(options: RecorderOptions) {
    const { plan, media, clock } = options
    this.#options = options
    this.plan = plan
    this.path = media?.path ?? plan.path
    this.createdTime = new Date(clock.unixTimeMs())
    this.#zone = new TimeZone(plan.timeZone)
    this.#ended = this.#run()
  }

  get media(): MediaInfo | undefined {
    return this.#options.media
  }

  get state(): RecorderState {
    return this.#state
  }

  /** True once the recorder has created its first file. */
  get hasStarted(): boolean {
    return this.#hasStarted
  }

  /**
   * Paths (folder and name) of all files that are open. A file stays open until its sound is complete, at most 5 s behind
   * its last picture.
   */
  get openFiles(): ReadonlySet<string> {
    return this.#openFiles
  }

  /** Path (folder and name) of the newest file while the recording runs; `undefined` before the first file. */
  get file(): string | undefined {
    return this.#file
  }

  /** Total size in bytes of the files that the recorder has closed. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Number of RTP packets that are missing in the files because the disk was too slow. */
  get missedPackets(): number {
    return this.#missedPackets
  }

  /**
   * Ends the recording: writes the samples that wait in memory, and closes the files. Waits 5 s at most for the disk.
   * Idempotent. Never rejects.
   */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await endOrDeadline(this.#ended, this.#options.clock)
  }

  async #run(): Promise<void> {
    // The creator must know the recorder before the first event.
    await null
    const { listener } = this.#options
    const end = await this.#record()
    this.#state = 'ended'
    this.#file = undefined
    this.#openFiles.clear()
    listener.ended(this, end)
  }

  async #record(): Promise<RecordingEnd> {
    try {
      const end = await this.#read()
      await this.#stream?.finish()
      return end
    } catch (error) {
      await this.#stream?.abandon()
      const failure = error instanceof RequestError ? 'sourceFailed' : 'writeFailed'
      this.#options.listener.failed(this, failure, error)
      return 'failed'
    }
  }

  async #read(): Promise<RecordingEnd> {
    const { server, media, plan, listener } = this.#options
    const { signal } = this.#stopping
    try {
      await server.readEach(media ?? plan.path, (unit) => this.#take(unit), {
        signal,
        allowsDelay: true,
      })
      return 'mediaEnded'
    } catch (error) {
      if (error instanceof NotRecordableError) {
        listener.failed(this, 'notRecordable', error)
        return 'failed'
      }
      if (signal.aborted && error === signal.reason) return 'stopped'
      if (error instanceof RequestError && media) return 'mediaEnded'
      throw error
    }
  }

  /** Records an access unit. Its bytes are used again once the returned promise has settled. */
  #take(unit: AccessUnit): Promise<void> | undefined {
    const stream = this.#stream ?? this.#open(unit)
    if (!stream.canRecord) throw new NotRecordableError(refusedOf(stream))
    this.#missedPackets += unit.missedPackets
    return stream.push(unit)
  }

  #open({ track }: AccessUnit): Segmenter {
    const { server, media, plan, clock, uptime, listener } = this.#options
    const read = media ?? [...server.media].find(({ tracks }) => tracks.includes(track))
    const stream = new Segmenter(read?.tracks ?? [track], {
      ...{ clock, uptime },
      place: { recording: plan.name, path: this.path },
      endOf: (startMs) => nextBoundary(startMs, plan.segmentSeconds * 1000, this.#zone),
      create: (facts, head) => this.#create(facts, head),
      onClosed: (segment) => {
        this.#sizeBytes += segment.sizeBytes
        this.#openFiles.delete(join(plan.folder, segment.file))
        listener.segmentClosed(this, segment)
      },
    })
    this.#stream = stream
    return stream
  }

  async #create(facts: SegmentFacts, head: Buffer): Promise<SegmentFile> {
    const { plan, store, listener } = this.#options
    const name = fileNameOf(plan.file, facts, this.#zone)
    const file = await store.create(plan.folder, name, head)
    this.#file = join(plan.folder, file.name)
    this.#openFiles.add(this.#file)
    if (this.#state === 'waiting') {
      this.#state = 'recording'
      this.#hasStarted = true
      listener.started(this, this.#stream ? refusedOf(this.#stream) : [])
    }
    return file
  }
}

/** Error of a recording whose media has no track that an MP4 file can hold. */
class NotRecordableError extends Error {
  /** @param encodings - Encodings of the tracks. */
  constructor(encodings: readonly string[]) {
    super(`no track can be recorded: ${encodings.join(', ')}`)
  }
}

const refusedOf = ({ refused }: Segmenter): string[] =>
  refused.map((info) => encodingOf(info) ?? info.description.kind)

/** Returns the message of an error for logs and events, and its code if it has one, such as `ENOSPC` of a full disk. */
export function failureText(error: unknown): { readonly code?: string; readonly message: string } {
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : String(error)
  return code === undefined ? { message } : { code, message }
}
