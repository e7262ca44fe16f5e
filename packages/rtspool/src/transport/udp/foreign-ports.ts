/**
 * Entry of {@link ForeignPorts} for a client that announced a port and may send from another one.
 */
export interface PortWatch {
  readonly address: string
  readonly onForeignPort: (port: number) => void
  /**
   * True if the announced port is a viewer's RTP port. A viewer sends at most packets that open a
   * path through a NAT, so media from its address belong to another client.
   */
  readonly isViewer: boolean
  /** True once a datagram of the client has arrived from the port that it announced. */
  isHeard: boolean
  /** SSRC of the first datagram that arrived from the announced port; -1 if it has none, and before it. */
  ssrc: number
  /**
   * Index in the array of {@link AddressWatches} that contains this entry; -1 once the client has
   * been notified or removed.
   */
  index: number
}

/**
 * Clients of one address that have not been notified yet: those from whose announced ports
 * datagrams have arrived, and the others.
 */
interface AddressWatches {
  readonly unheard: PortWatch[]
  readonly unheardViewers: PortWatch[]
  readonly heard: PortWatch[]
  /**
   * Index in `heard` of the client with whose SSRC the next datagram will be compared: one client for each datagram.
   */
  next: number
}

/**
 * Notifies a client's stream when datagrams arrive from a port that nobody announced, for example
 * because a NAT has changed the port. Such datagrams are dropped, and nothing is sent to the port.
 *
 * The sender of such a datagram is unknown: players open a NAT with any SSRC, and a NAT picks any
 * port. Neither identifies a viewer. All clients of the address from which nothing has arrived yet
 * are notified, but viewers only of datagrams that are not media. A client from which datagrams
 * have arrived is notified only if its SSRC is the same. Each client is notified once. In a flood,
 * a datagram is compared with one client only.
 */
export class ForeignPorts {
  readonly #addresses = new Map<string, AddressWatches>()

  /**
   * Starts to watch a client, until {@link delete}.
   *
   * @param onForeignPort - Called at most once, with the port.
   * @param isViewer - True if the announced port is the RTP port of a viewer.
   */
  add(address: string, onForeignPort: (port: number) => void, isViewer = false): PortWatch {
    let watches = this.#addresses.get(address)
    if (!watches) {
      watches = { unheard: [], unheardViewers: [], heard: [], next: 0 }
      this.#addresses.set(address, watches)
    }
    const list = isViewer ? watches.unheardViewers : watches.unheard
    const watch = { address, onForeignPort, isViewer, isHeard: false, ssrc: -1, index: list.length }
    list.push(watch)
    return watch
  }

  /** Notes the first datagram from the port that the client announced. The SSRC in it then identifies the client. */
  heard(watch: PortWatch, datagram: Buffer): void {
    const watches = this.#take(watch)
    watch.isHeard = true
    watch.ssrc = ssrcIn(datagram)
    if (!watches) return
    watch.index = watches.heard.length
    watches.heard.push(watch)
  }

  /** Stops watching a client, which is then not notified. Idempotent. */
  delete(watch: PortWatch): void {
    const watches = this.#take(watch)
    if (watches) this.#forgetEmpty(watch.address, watches)
  }

  /**
   * Examines a datagram from an address and port that nobody announced, and notifies the clients that may have sent
   * it.
   */
  look(datagram: Buffer, address: string, port: number): void {
    const watches = this.#addresses.get(address)
    if (!watches) return
    this.#tellAll(watches.unheard, port)
    if (!isMedia(datagram)) this.#tellAll(watches.unheardViewers, port)
    const watch = watches.heard[watches.next++]
    if (watches.next >= watches.heard.length) watches.next = 0
    if (watch && watch.ssrc !== -1 && watch.ssrc === ssrcIn(datagram)) this.#tell(watch, port)
    this.#forgetEmpty(address, watches)
  }

  #tellAll(unheard: readonly PortWatch[], port: number): void {
    for (let watch = unheard.at(-1); watch; watch = unheard.at(-1)) this.#tell(watch, port)
  }

  #tell(watch: PortWatch, port: number): void {
    this.#take(watch)
    watch.onForeignPort(port)
  }

  /**
   * Removes a client from its array of {@link AddressWatches}.
   *
   * @returns The clients of its address; `undefined` if it was in no array.
   */
  #take(watch: PortWatch): AddressWatches | undefined {
    const watches = this.#addresses.get(watch.address)
    const { index } = watch
    if (!watches || index < 0) return undefined
    const list = listOf(watches, watch)
    const last = list.pop()
    if (last && last !== watch) {
      list[index] = last
      last.index = index
    }
    watch.index = -1
    return watches
  }

  #forgetEmpty(address: string, { unheard, unheardViewers, heard }: AddressWatches): void {
    if (unheard.length + unheardViewers.length + heard.length === 0) this.#addresses.delete(address)
  }
}

function listOf(watches: AddressWatches, { isHeard, isViewer }: PortWatch): PortWatch[] {
  if (isHeard) return watches.heard
  return isViewer ? watches.unheardViewers : watches.unheard
}

const rtpHeaderBytes = 12
const rtcpHeaderBytes = 8

/**
 * Returns whether a datagram is RTP with a payload. Datagrams by which players open a NAT have a
 * bare header, or a few octets that are not RTP.
 */
function isMedia(datagram: Buffer): boolean {
  return datagram.length > rtpHeaderBytes && (datagram[0] ?? 0) >> 6 === 2
}

/**
 * Returns the SSRC of RTP, or of the sender of RTCP, encrypted or not; -1 if there is none. Tells RTP and RTCP apart
 * by RFC 5761 section 4.
 */
function ssrcIn(datagram: Buffer): number {
  const [, second = 0] = datagram
  const isRtcp = second >= 192 && second <= 223
  if (datagram.length < (isRtcp ? rtcpHeaderBytes : rtpHeaderBytes)) return -1
  return datagram.readUInt32BE(isRtcp ? 4 : 8)
}
