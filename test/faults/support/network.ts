import { Program, until } from '../../interop/support/process.js'

/**
 * A network of its own in which every address of the ranges for tests is this machine's: RFC 2544 (198.18.0.0/15) and
 * RFC 3849 (2001:db8::/32). Attackers and victims get addresses that are not of the loopback, and nothing leaves.
 */
const setUp = [
  'ip link set lo up',
  'ip route add local 198.18.0.0/15 dev lo',
  'ip -6 route add local 2001:db8::/32 dev lo',
  'echo 1 >/proc/sys/net/ipv6/ip_nonlocal_bind',
  // More connections at once than the ports of one address would allow, and none that waits for its end.
  'echo 1024 65535 >/proc/sys/net/ipv4/ip_local_port_range',
].join(' && ')

export const serverAddress = '198.18.0.1'
export const serverAddress6 = '2001:db8::1'

/** The network ends by itself, whatever becomes of the tests. */
const longestSeconds = 3600

export class FaultNetwork {
  readonly #holder: Program

  private constructor(holder: Program) {
    this.#holder = holder
  }

  static async open(): Promise<FaultNetwork> {
    const script = `${setUp} && echo ready && exec sleep ${longestSeconds}`
    const holder = new Program('unshare', ['-rn', 'sh', '-c', script])
    await until(() => holder.stdout.includes('ready') || !holder.isRunning, 10_000)
    if (!holder.isRunning) throw new Error(`no network of its own: ${holder.stderr}`)
    return new FaultNetwork(holder)
  }

  /** A command line that runs another one in this network. */
  within(command: readonly string[]): readonly [string, ...string[]] {
    const enter = ['--preserve-credentials', '-U', '-n', '-t', `${this.#holder.pid}`]
    return ['nsenter', ...enter, ...command]
  }

  async close(): Promise<void> {
    await this.#holder.stop('SIGTERM')
  }
}
