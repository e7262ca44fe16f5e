import type { Clock } from 'rtspool'
import { aac, h264, h265, LiveMedia, type LiveTrack, opus, type UnitFormat } from 'rtspool/push'
import type { TsCodec, TsStream } from '../ts/tables.js'
import { TsDemuxer } from '../ts/ts-demuxer.js'
import type { ExecFormat, ExecPlan } from './exec-plan.js'
import { OutputMarks } from './output-marks.js'

/** Receiver of the media that a {@link MediaFeed} creates, and of its problems. */
export interface FeedListener {
  /** Called with a live media when the tracks of a program become known, and with another media if the tracks change. */
  media(live: LiveMedia): void
  /** Called after output was read that may have added access units to the media. */
  wrote(): void
  /** Called with the codecs, such as `AC-3`, of the program's streams that are not served. */
  leftOut(names: readonly string[]): void
  /** Called with an explanation if the output is in another format than stated, or has no stream that can be served. */
  wrong(problem: string): void
}

/** Reads the output of one run of a program. */
export interface FeedRun {
  write(chunk: Uint8Array): void
  /**
   * Ends the run.
   *
   * @param isWhole - True if the last access unit is whole; false if the program may have cut it off.
   * @returns Resolves when the last access unit has been written to the media
   */
  end(isWhole: boolean): Promise<void>
}

/** Tracks in the output of a program. */
interface Layout {
  /** Text that is equal for equal tracks, so that a change of the tracks shows. */
  readonly key: string
  readonly formats: readonly UnitFormat[]
}

type FeedPlan = Pick<ExecPlan, 'format' | 'frameRate'>

type ServedStream = TsStream & { readonly codec: TsCodec }

/** Writes the output of a program, run after run, to the tracks of a live media. */
export class MediaFeed {
  readonly #plan: FeedPlan
  readonly #clock: Clock
  readonly #listener: FeedListener
  #live: LiveMedia | undefined
  #key: string | undefined

  constructor(plan: FeedPlan, clock: Clock, listener: FeedListener) {
    this.#plan = plan
    this.#clock = clock
    this.#listener = listener
  }

  /** Number of access units written to the present media: those of the video, or of the sound if there is no video. */
  get units(): number {
    const tracks = (this.#live?.tracks ?? []) as readonly LiveTrack[]
    const counted = tracks.find(({ format }) => format.kind === 'video') ?? tracks[0]
    return counted?.stats.units ?? 0
  }

  /** Begins to read the output of another run of the program. */
  begin(): FeedRun {
    const { format } = this.#plan
    return format === 'mpegts' ? this.#transportStream() : this.#plainStream(format)
  }

  /** Ends the media, which ends the sessions of its viewers. The next access unit creates another media. */
  async end(): Promise<void> {
    const live = this.#live
    this.#live = undefined
    await live?.close()
  }

  #plainStream(format: Exclude<ExecFormat, 'mpegts'>): FeedRun {
    const { frameRate } = this.#plan
    const units = format === 'aac' ? aac() : plainFormats[format]({ frameRate })
    const layout: Layout = { key: format, formats: [units] }
    let track: LiveTrack | undefined
    let writer: ReturnType<ReturnType<LiveTrack['writable']>['getWriter']> | undefined
    const marks = new OutputMarks(format)
    const expected = `expected ${plainNames[format]}, got`
    let isWrong = false
    const wrong = (got: string): void => {
      if (!isWrong) this.#listener.wrong(`${expected} ${got}`)
      isWrong = true
    }
    const written = (): void => this.#listener.wrote()
    // A write fails only after the end of the media.
    const ignore = (): void => undefined
    return {
      write: (chunk) => {
        if (isWrong) return
        marks.note(chunk)
        if (marks.isForeign) {
          wrong('64 KiB of something else')
          return
        }
        const present = this.#track(layout, 0)
        if (present !== track) writer = present?.writable({ split: true }).getWriter()
        track = present
        writer?.write(chunk).then(written, ignore)
      },
      end: async (isWhole) => {
        const { foreignBytes } = marks
        if (foreignBytes > 0) wrong(`${foreignBytes} bytes of something else`)
        await (isWhole ? writer?.close() : writer?.abort())?.catch(ignore)
      },
    }
  }

  #transportStream(): FeedRun {
    let layout: Layout = { key: '', formats: [] }
    let chosen: readonly ServedStream[] = []
    let isWrong = false
    let bytes = 0
    /**
     * Seconds to add to times in the output of this run, which may begin at any time, to get those of the monotonic
     * clock.
     */
    let offset: number | undefined
    const demuxer = new TsDemuxer({
      streams: (streams) => {
        chosen = chosenStreams(streams)
        layout = layoutOf(chosen)
        this.#tellLeftOut(streams, chosen)
      },
      unit: (stream, bytes, { seconds, keyFrame }) => {
        const index = chosen.findIndex(({ pid }) => pid === stream.pid)
        if (index < 0) return
        if (seconds !== undefined) offset ??= this.#clock.now() / 1000 - seconds
        const pts = seconds === undefined || offset === undefined ? undefined : seconds + offset
        this.#track(layout, index)?.writeAccessUnit(bytes, { pts, keyFrame })
      },
    })
    return {
      write: (chunk) => {
        if (isWrong) return
        bytes += chunk.length
        demuxer.push(chunk)
        this.#listener.wrote()
        if (!demuxer.isForeign) return
        isWrong = true
        this.#listener.wrong('expected an MPEG transport stream, got 64 KiB of something else')
      },
      end: async (isWhole) => {
        if (isWhole) demuxer.flush()
        if (isWrong || bytes === 0 || demuxer.mayBeStream) return
        this.#listener.wrong(
          `expected an MPEG transport stream, got ${bytes} bytes of something else`,
        )
      },
    }
  }

  #tellLeftOut(streams: readonly TsStream[], chosen: readonly TsStream[]): void {
    const leftOut = streams.filter((stream) => !chosen.includes(stream)).map(({ name }) => name)
    if (leftOut.length > 0) this.#listener.leftOut(leftOut)
    if (chosen.length > 0) return
    const got = leftOut.length > 0 ? leftOut.join(', ') : 'no stream'
    this.#listener.wrong(`expected a stream of H.264, H.265, AAC or Opus, got ${got}`)
  }

  /** Returns a track of the present media if it has this layout, so that its viewers stay; else of a new media. */
  #track({ key, formats }: Layout, index: number): LiveTrack | undefined {
    if (!this.#live || this.#key !== key) {
      const before = this.#live
      this.#live = new LiveMedia({ tracks: formats, clock: this.#clock })
      this.#key = key
      // The receiver uses the new media first: the end of the other one must not end the program.
      this.#listener.media(this.#live)
      void before?.close()
    }
    return this.#live.tracks[index] as LiveTrack | undefined
  }
}

const plainFormats = { h264, h265, aac } as const
/** Descriptions of the formats of one track, for messages. */
const plainNames = {
  h264: 'H.264 with start codes',
  h265: 'H.265 with start codes',
  aac: 'AAC with ADTS headers',
} as const
const isVideo = ({ codec }: TsStream): boolean => codec === 'h264' || codec === 'h265'

/** Chooses the first video and the first sound that can be served. */
function chosenStreams(streams: readonly TsStream[]): ServedStream[] {
  const known = streams.filter((stream): stream is ServedStream => stream.codec !== undefined)
  return [known.find(isVideo), known.find((stream) => !isVideo(stream))].flatMap(
    (stream) => stream ?? [],
  )
}

const layoutOf = (streams: readonly ServedStream[]): Layout => ({
  key: streams.map(({ codec, channels }) => `${codec} ${channels ?? ''}`).join(),
  formats: streams.map(({ codec, channels }) =>
    codec === 'opus' ? opus({ channels: channels === 1 ? 1 : 2 }) : plainFormats[codec](),
  ),
})
