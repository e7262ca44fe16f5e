import { pino } from 'pino'
import { MediaFactory, type MediaInfo, RtspServer } from 'rtspool'
import { ManualClock } from 'rtspool/testing'
import { onTestFinished } from 'vitest'
import { until } from '../../../../rtspool/test/support/until.js'
import { RepeatLimit } from '../../../src/log/repeat-limit.js'
import { JpegError, type JpegOptions } from '../../../src/snapshots/jpeg.js'
import { type SnapshotOptions, snapshotDefaults } from '../../../src/snapshots/snapshot-options.js'
import { Snapshots } from '../../../src/snapshots/snapshots.js'
import { PictureSource } from '../../live/support/picture-source.js'

/** A conversion that a test ends. */
export interface Conversion extends Pick<JpegOptions, 'ffmpeg' | 'width' | 'timeoutMs' | 'signal'> {
  readonly mp4: Buffer
  /** Ends it with this JPEG. */
  done(text: string): void
  fail(error: JpegError): void
}

export const cameraPath = '/cam'

/** Snapshots of a server with one camera. The test ends each conversion. */
export class SnapshotScene {
  readonly clock = new ManualClock()
  readonly server: RtspServer
  readonly snapshots: Snapshots
  readonly conversions: Conversion[] = []
  readonly logged: string[] = []
  options: SnapshotOptions = snapshotDefaults
  readonly #reading = new AbortController()
  #source = new PictureSource()

  constructor() {
    this.server = new RtspServer({ port: 0, host: '127.0.0.1', udpPorts: false })
    this.server.mounts.add(cameraPath, new MediaFactory(() => this.#source))
    const log = pino({ level: 'trace' }, { write: (line: string) => void this.logged.push(line) })
    const repeats = new RepeatLimit(log, this.clock)
    this.snapshots = new Snapshots({
      ...{ rtsp: this.server, clock: this.clock, repeats, options: () => this.options },
      convert: (mp4, options) => this.#convert(mp4, options),
    })
    onTestFinished(async () => {
      this.#reading.abort()
      await this.snapshots.close()
      repeats.close()
      await this.server.close()
    })
  }

  /** Uses this camera instead. */
  set source(source: PictureSource) {
    this.#source = source
  }

  get source(): PictureSource {
    return this.#source
  }

  /** Lets a viewer start the camera. @returns Its media. */
  async play(): Promise<MediaInfo> {
    const { signal } = this.#reading
    void this.server
      .read(cameraPath, { signal })
      .next()
      .catch(() => {})
    await until(() => this.source.output !== undefined)
    const [media] = this.server.media
    if (!media) throw new Error('no media')
    return media
  }

  /** Waits until so many conversions have begun. @returns The last one. */
  async conversion(count: number): Promise<Conversion> {
    await until(() => this.conversions.length >= count)
    const last = this.conversions.at(-1)
    if (this.conversions.length !== count || !last) throw new Error('too many conversions')
    return last
  }

  #convert(mp4: Buffer, { ffmpeg, width, timeoutMs, signal }: JpegOptions): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new JpegError('ended', false)))
      this.conversions.push({
        ...{ mp4, ffmpeg, width, timeoutMs, signal },
        done: (text) => resolve(Buffer.from(text)),
        fail: reject,
      })
    })
  }
}
