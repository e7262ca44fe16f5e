import { readFile } from 'node:fs/promises'
import { settle } from '../../../packages/rtspool/test/support/until.js'
import { Program } from '../../interop/support/process.js'

/** Seconds after which a namespace ends that nobody has closed. */
const lifetime = '1800'

/** A network of its own, in which commands run. It ends with the process that holds it. */
export class Namespace {
  readonly #holder: Program

  private constructor(holder: Program) {
    this.#holder = holder
  }

  /**
   * Opens a network namespace with users of its own, so that no rights are needed.
   *
   * @param beside - Namespace whose users the new one shares, so that links between the two are possible.
   * @throws {Error} When the system does not allow it; `reasonToSkip('network namespace')` tells before.
   */
  static async open(beside?: Namespace): Promise<Namespace> {
    const [command = '', ...args] = beside
      ? [...beside.within, 'unshare', '-n', 'sleep', lifetime]
      : ['unshare', '-rn', 'sleep', lifetime]
    const holder = new Program(command, args)
    await settled(holder)
    return new Namespace(holder)
  }

  get pid(): number {
    return this.#holder.pid
  }

  /** Command that runs another one in the namespace: it stands in front of it. */
  get within(): readonly string[] {
    return ['nsenter', '--preserve-credentials', '-U', '-n', '-t', `${this.pid}`]
  }

  /** Runs lines of a shell. @throws {Error} With what they say, when one fails. */
  async run(...lines: readonly string[]): Promise<void> {
    const [command = '', ...args] = [...this.within, 'sh', '-c', lines.join(' && ')]
    const program = new Program(command, args)
    const status = await program.exited
    if (status !== 0) throw new Error(`${lines.join(' && ')}: ${program.stderr}`)
  }

  async close(): Promise<void> {
    await this.#holder.stop('SIGKILL')
  }
}

/** Waits until a holder has its namespace: it sleeps then. */
async function settled(holder: Program): Promise<void> {
  for (let attempt = 0; attempt < 500 && holder.isRunning; attempt++) {
    const name = await readFile(`/proc/${holder.pid}/comm`, 'utf8').catch(() => '')
    if (name.trim() === 'sleep') return
    await settle(10, 'the program runs in a process of its own')
  }
  throw new Error(`no network namespace: ${holder.stderr}`)
}
