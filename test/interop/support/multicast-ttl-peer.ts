import { fileURLToPath } from 'node:url'
import { Program, until } from './process.js'

const peer = fileURLToPath(new URL('multicast-ttl-peer.py', import.meta.url))

/** What came to a group. */
export interface GroupDatagram {
  readonly group: string
  readonly ttl: number
  readonly sizeBytes: number
}

/** A member of multicast groups that sees the ttl (hop limit) of what it gets. */
export class MulticastTtlPeer {
  readonly #program: Program

  private constructor(program: Program) {
    this.#program = program
  }

  /**
   * @param interfaceText - An address of IPv4, or the name of an interface.
   * @param within - A command that it is run by.
   */
  static async join(
    interfaceText: string,
    port: number,
    groups: readonly string[],
    within: readonly string[] = [],
  ): Promise<MulticastTtlPeer> {
    const [command = '', ...rest] = [...within, '/usr/bin/python3', peer, interfaceText]
    const program = new Program(command, [...rest, `${port}`, ...groups])
    await until(() => program.stdout.includes('listening') || !program.isRunning)
    if (!program.isRunning) throw new Error(`the member did not start: ${program.stderr}`)
    return new MulticastTtlPeer(program)
  }

  get datagrams(): readonly GroupDatagram[] {
    const lines = this.#program.stdout.split('\n').slice(1, -1)
    return lines.map((line) => {
      const [group = '', ttl, sizeBytes] = line.split(' ')
      return { group, ttl: Number(ttl), sizeBytes: Number(sizeBytes) }
    })
  }

  async close(): Promise<void> {
    await this.#program.stop('SIGKILL')
  }
}
