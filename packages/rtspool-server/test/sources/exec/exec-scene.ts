import { RtspServer } from 'rtspool'
import { ManualClock } from 'rtspool/testing'
import { onTestFinished } from 'vitest'
import { picture } from '../../../../rtspool/test/support/nal-stream.js'
import { nextTurn, until } from '../../../../rtspool/test/support/until.js'
import { type ExecPlan, execDefaults } from '../../../src/sources/exec/exec-plan.js'
import type { ProgramListener, StartProgram } from '../../../src/sources/exec/program.js'
import { SourceService } from '../../../src/sources/source-service.js'

export const execPlan = (more: Partial<ExecPlan> = {}): ExecPlan => ({
  ...{
    ...execDefaults,
    kind: 'exec',
    path: '/cam',
    command: ['camera', '--password=canary'],
    format: 'h264',
  },
  ...{ environment: {}, passEnvironment: [], folder: undefined, slate: undefined },
  ...more,
})

/** A program that the test writes for. */
export class FakeProgram {
  readonly plan: ExecPlan
  readonly pid: number
  readonly #listener: ProgramListener
  readonly #clock: ManualClock
  isStopping = false
  #pictures = 0

  constructor(plan: ExecPlan, pid: number, listener: ProgramListener, clock: ManualClock) {
    this.plan = plan
    this.pid = pid
    this.#listener = listener
    this.#clock = clock
  }

  stop(): void {
    this.isStopping = true
  }

  write(bytes: Uint8Array): void {
    this.#listener.stdout(Buffer.from(bytes))
  }

  /** Writes pictures, each 40 ms after the one before. The first is a key frame, as is every tenth. */
  async writePictures(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      this.write(picture('h264', this.#pictures++))
      await nextTurn()
      this.#clock.advance(40)
    }
  }

  say(text: string): void {
    this.#listener.stderr(Buffer.from(text))
  }

  end(code: number | null = 0, signal: NodeJS.Signals | null = null): void {
    this.#listener.ended({ code, signal, notStarted: undefined })
  }

  notStarted(why: string): void {
    this.#listener.ended({ code: null, signal: null, notStarted: why })
  }
}

/** A server with sources whose programs the test writes for; all are closed after the test. */
export class ExecScene {
  readonly clock = new ManualClock()
  readonly programs: FakeProgram[] = []
  readonly start: StartProgram = (plan, listener) => {
    const program = new FakeProgram(plan, this.programs.length + 1, listener, this.clock)
    this.programs.push(program)
    return program
  }
  readonly server: RtspServer = new RtspServer({
    ...{ port: 0, host: '127.0.0.1', udpPorts: false, clock: this.clock },
  })
  readonly sources = new SourceService(this.server.mounts, { clock: this.clock, start: this.start })
  /** States that the sources have entered, one a line. */
  readonly states: string[] = []
  readonly said: string[] = []

  constructor(...plans: ExecPlan[]) {
    this.sources.on('stateChanged', ({ path, state, until }) => {
      const wait = until ? ` ${until.getTime() - this.clock.unixTimeMs()}` : ''
      this.states.push(`${path === '/cam' ? '' : `${path} `}${state}${wait}`)
    })
    this.sources.on('says', (_, line) => this.said.push(line))
    this.sources.update(plans)
    onTestFinished(async () => {
      const closed = this.sources.close()
      for (const program of this.programs) if (program.isStopping) program.end()
      await closed
      await this.server.close()
    })
  }

  get program(): FakeProgram {
    const program = this.programs.at(-1)
    if (!program) throw new Error('no program was started')
    return program
  }

  get status() {
    const [status] = this.sources.statuses
    if (!status) throw new Error('no source')
    return status
  }

  /** Watches as a viewer does. */
  watch(path = '/cam'): Viewer {
    return new Viewer(this.server, path)
  }

  /** Starts a viewer, and writes the first pictures for it. */
  async running(): Promise<Viewer> {
    const viewer = this.watch()
    await until(() => this.programs.length > 0)
    await this.program.writePictures(3)
    await until(() => viewer.units > 0)
    return viewer
  }
}

/** A viewer of a path, and the reason of its end. */
class Viewer {
  units = 0
  /** Message of the error, or `ended`; `undefined` while the viewer watches. */
  end: string | undefined
  readonly #abort = new AbortController()
  readonly #done: Promise<void>

  constructor(server: RtspServer, path: string) {
    this.#done = this.#read(server, path)
  }

  async leave(): Promise<void> {
    this.#abort.abort()
    await this.#done
  }

  async #read(server: RtspServer, path: string): Promise<void> {
    try {
      for await (const _ of server.read(path, { signal: this.#abort.signal })) this.units++
      this.end = 'ended'
    } catch (error) {
      const { cause, message } = error as Error
      this.end = cause instanceof Error ? cause.message : message
    }
  }
}
