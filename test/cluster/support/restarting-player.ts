import { settle } from '../../../packages/rtspool/test/support/until.js'
import type { Program } from '../../interop/support/process.js'
import type { ClientName, ClusterNetwork } from './cluster-network.js'
import { monotonicMs } from './node-process.js'

/** Ticks of a picture in the time base of ffmpeg's lines: 25 pictures a second of 90 kHz. */
const ticksPerPicture = 3600
/** Milliseconds until a player starts again that has ended. */
const restartMs = 200

/** One run of a player, which has begun and perhaps ended. */
interface Run {
  readonly program: Program
  /** Number of bytes of its output that have been read. */
  read: number
  pictures: number
  last: number | undefined
  /** Number of pictures that were missing between two others. */
  missing: number
  firstAt: number | undefined
}

/** ffmpeg that plays pictures over TCP without decoding them, and starts again whenever it ends. */
export class RestartingPlayer {
  readonly #network: ClusterNetwork
  readonly #client: ClientName
  readonly #url: string
  readonly #runs: Run[] = []
  #isOver = false
  readonly #playing: Promise<void>

  constructor(network: ClusterNetwork, client: ClientName, url: string) {
    this.#network = network
    this.#client = client
    this.#url = url
    this.#playing = this.#play()
  }

  /** Number of pictures of the present run. */
  get pictures(): number {
    this.#look()
    return this.#runs.at(-1)?.pictures ?? 0
  }

  /** True while a run that has shown pictures goes on. */
  get isPlaying(): boolean {
    this.#look()
    const run = this.#runs.at(-1)
    return run?.program.isRunning === true && run.pictures > 0
  }

  /** Number of pictures that were missing between two others of one run, and number of runs that have shown some. */
  get seen(): { readonly missing: number; readonly runs: number } {
    this.#look()
    const shown = this.#runs.filter(({ pictures }) => pictures > 0)
    return { missing: shown.reduce((sum, { missing }) => sum + missing, 0), runs: shown.length }
  }

  /** Errors of the runs that have ended. */
  get errors(): string {
    return this.#runs.map(({ program }) => program.stderr).join('')
  }

  /** Time at which the first picture of a run was seen that began after a time; `undefined` = not yet. */
  firstAfter(time: number): number | undefined {
    this.#look()
    return this.#runs.find(({ firstAt = 0 }) => firstAt > time)?.firstAt
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#runs.at(-1)?.program.stop('SIGKILL')
    await this.#playing
  }

  async #play(): Promise<void> {
    while (!this.#isOver) {
      const program = this.#network.start(this.#client, [
        ...['ffmpeg', '-hide_banner', '-nostdin', '-loglevel', 'error'],
        ...['-rtsp_transport', 'tcp', '-i', this.#url, '-map', '0:v', '-c', 'copy'],
        ...['-flush_packets', '1', '-f', 'framecrc', '-'],
      ])
      const empty = { read: 0, pictures: 0, missing: 0, last: undefined, firstAt: undefined }
      this.#runs.push({ program, ...empty })
      await program.exited
      this.#look()
      await settle(restartMs, 'a player waits before it starts again')
    }
  }

  /** Reads the lines of the present run: one a picture, with its number of the stream and its decoding time. */
  #look(): void {
    for (const run of this.#runs.slice(-2)) {
      const text = run.program.stdout
      const end = text.lastIndexOf('\n') + 1
      for (const line of text.slice(run.read, end).split('\n')) {
        const [, time] = /^0, *(-?\d+),/.exec(line) ?? []
        if (time === undefined) continue
        run.firstAt ??= monotonicMs()
        run.pictures++
        if (run.last !== undefined) {
          run.missing += Math.max(0, Math.round((Number(time) - run.last) / ticksPerPicture) - 1)
        }
        run.last = Number(time)
      }
      run.read = Math.max(run.read, end)
    }
  }
}
