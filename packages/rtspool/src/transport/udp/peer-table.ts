import { ForeignPorts, type PortWatch } from './foreign-ports.js'

/** Called with each datagram of one peer; the buffer is the receiver's to keep. */
export type DatagramReceiver = (packet: Buffer) => void

/** Whom else a peer may be given to, and who is told of what happens around it. */
export interface PeerClaim {
  /** Who alone may replace the receiver; anybody when absent. */
  readonly holder?: object | undefined
  /** Called when another receiver takes its place; it hears nothing of the peer any more. */
  readonly onReplaced?: (() => void) | undefined
  /** Called once at most: datagrams come from another port of the peer's address. See {@link ForeignPorts}. */
  readonly onForeignPort?: ((port: number) => void) | undefined
  /** The port is the RTP port of a viewer: media from other ports are not the peer's. @default false */
  readonly isViewer?: boolean
}

/** Who hears a peer. */
interface Peer {
  readonly receiver: DatagramReceiver
  readonly claim: PeerClaim
  readonly watch: PortWatch | undefined
}

/** Receivers of one socket by the peer's address and port. */
export class PeerTable {
  readonly #ports = new Map<number, Map<string, Peer>>()
  readonly #foreign = new ForeignPorts()

  get size(): number {
    let size = 0
    for (const addresses of this.#ports.values()) size += addresses.size
    return size
  }

  get(address: string, port: number): DatagramReceiver | undefined {
    return this.#ports.get(port)?.get(address)?.receiver
  }

  /**
   * Gives a datagram to the receiver of its peer.
   *
   * @returns `false` when nobody announced that address and port. Sessions of the address are then told of the port.
   */
  deliver(datagram: Buffer, address: string, port: number): boolean {
    const peer = this.#ports.get(port)?.get(address)
    if (!peer) {
      this.#foreign.look(datagram, address, port)
      return false
    }
    if (peer.watch && !peer.watch.isHeard) this.#foreign.heard(peer.watch, datagram)
    peer.receiver(datagram)
    return true
  }

  /** Whether {@link set} may replace what is there, on behalf of `holder`. */
  isFree(address: string, port: number, holder?: object): boolean {
    const current = this.#ports.get(port)?.get(address)?.claim.holder
    return current === undefined || current === holder
  }

  /**
   * Sets or replaces the receiver of a peer; nothing when it is held by somebody else. One that is replaced is told,
   * once the new one hears the peer.
   */
  set(address: string, port: number, receiver: DatagramReceiver, claim: PeerClaim = {}): void {
    if (!this.isFree(address, port, claim.holder)) return
    const addresses = this.#ports.get(port)
    const replaced = addresses?.get(address)
    if (replaced?.watch) this.#foreign.delete(replaced.watch)
    const { onForeignPort, isViewer } = claim
    const watch = onForeignPort && this.#foreign.add(address, onForeignPort, isViewer)
    const peer = { receiver, claim, watch }
    if (addresses) addresses.set(address, peer)
    else this.#ports.set(port, new Map([[address, peer]]))
    replaced?.claim.onReplaced?.()
  }

  /** Removes only the very receiver that was set: a later owner of the same port stays. */
  delete(address: string, port: number, receiver: DatagramReceiver): void {
    const addresses = this.#ports.get(port)
    const peer = addresses?.get(address)
    if (!addresses || peer?.receiver !== receiver) return
    if (peer.watch) this.#foreign.delete(peer.watch)
    addresses.delete(address)
    if (addresses.size === 0) this.#ports.delete(port)
  }
}
