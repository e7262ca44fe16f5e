import { ForeignPorts, type PortWatch } from './foreign-ports.js'

/** Function that receives each datagram of one peer, and may keep the buffer. */
export type DatagramReceiver = (packet: Buffer) => void

/** Rights and callbacks of the receiver of one peer's datagrams. */
export interface PeerClaim {
  /**
   * Session, or other object, that alone may replace the receiver. Default: everybody may replace
   * it.
   */
  readonly holder?: object | undefined
  /** Called when another receiver has replaced this one, to which no more datagrams are passed. */
  readonly onReplaced?: (() => void) | undefined
  /** Called at most once, when datagrams arrive from another port of the peer's address. See {@link ForeignPorts}. */
  readonly onForeignPort?: ((port: number) => void) | undefined
  /**
   * True if the announced port is a viewer's RTP port. Media from other ports of the address are
   * then from another client.
   * @default false
   */
  readonly isViewer?: boolean
}

/** Receiver of the datagrams from one address and port, and the session that alone may replace it. */
interface Peer {
  readonly receiver: DatagramReceiver
  readonly claim: PeerClaim
  readonly watch: PortWatch | undefined
}

/** Receivers of one socket's datagrams, by the peer's address and port. */
export class PeerTable {
  readonly #ports = new Map<number, Map<string, Peer>>()
  readonly #foreign = new ForeignPorts()
  /**
   * Called with each datagram of an unknown peer, if set. `false` drops the datagram and notifies peers, as without
   * the function. A client sets it, because servers send from ports that they do not announce.
   */
  onStranger: ((datagram: Buffer, address: string, port: number) => boolean) | undefined

  get size(): number {
    let size = 0
    for (const addresses of this.#ports.values()) size += addresses.size
    return size
  }

  get(address: string, port: number): DatagramReceiver | undefined {
    return this.#ports.get(port)?.get(address)?.receiver
  }

  /**
   * Passes a datagram to the receiver of its peer.
   *
   * @returns `false` if no session announced that address and port. Other peers of the address are
   * then notified of the port.
   */
  deliver(datagram: Buffer, address: string, port: number): boolean {
    const peer = this.#ports.get(port)?.get(address)
    if (!peer) {
      if (this.onStranger?.(datagram, address, port)) return true
      this.#foreign.look(datagram, address, port)
      return false
    }
    if (peer.watch && !peer.watch.isHeard) this.#foreign.heard(peer.watch, datagram)
    peer.receiver(datagram)
    return true
  }

  /** Returns whether {@link set} may set or replace the receiver of an address and port for the session `holder`. */
  isFree(address: string, port: number, holder?: object): boolean {
    const current = this.#ports.get(port)?.get(address)?.claim.holder
    return current === undefined || current === holder
  }

  /**
   * Sets the receiver of a peer's datagrams, or replaces the present one. Does nothing if the peer has another holder:
   * the session that alone may replace the receiver.
   *
   * A replaced receiver is notified by `onReplaced` of its own claim, after the new one is in place.
   *
   * @param address - Numeric address of the peer.
   * @param receiver - Function that receives each datagram.
   * @param claim - Holder of the peer from now on, and functions to call. Default: none, so that everybody may replace
   *   the receiver.
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

  /** Stops passing the datagrams of an address and port to a receiver, unless another one has replaced it. */
  delete(address: string, port: number, receiver: DatagramReceiver): void {
    const addresses = this.#ports.get(port)
    const peer = addresses?.get(address)
    if (!addresses || peer?.receiver !== receiver) return
    if (peer.watch) this.#foreign.delete(peer.watch)
    addresses.delete(address)
    if (addresses.size === 0) this.#ports.delete(port)
  }
}
