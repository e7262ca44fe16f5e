/** One peer whose address may turn out to send from another port than was announced. */
export interface PortWatch {
  readonly address: string
  readonly onForeignPort: (port: number) => void
  /** The peer receives media, and sends at most what opens its way through a NAT: media from there are not its own. */
  readonly isViewer: boolean
  /** A datagram has come from the port that was announced. */
  isHeard: boolean
  /** The SSRC of that datagram. */
  ssrc: number
  /** Index in the list of its kind; -1 once it has been told, or is gone. */
  index: number
}

/** Peers of one address that have not been told yet. */
interface AddressWatches {
  readonly unheard: PortWatch[]
  readonly unheardViewers: PortWatch[]
  readonly heard: PortWatch[]
  /** Index in `heard` of the peer that the next datagram is compared with. */
  next: number
}

/**
 * Tells peers of a port that nobody announced: a NAT on the way that gives a client other ports. Nothing is taken from
 * such a port, and nothing is sent there.
 *
 * Nobody can say whose datagram it is. It concerns each peer of the address that has not been heard at all, and of the
 * others the one that had the same SSRC before. RTP with a payload concerns no unheard viewer. Each is told once. A flood costs a look at one peer for each datagram.
 */
export class ForeignPorts {
  readonly #addresses = new Map<string, AddressWatches>()

  /** @param isViewer - The port is the RTP port of a viewer. */
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

  /** The peer has sent its first datagram from the port that it announced. */
  heard(watch: PortWatch, datagram: Buffer): void {
    const watches = this.#take(watch)
    watch.isHeard = true
    watch.ssrc = ssrcIn(datagram)
    if (!watches) return
    watch.index = watches.heard.length
    watches.heard.push(watch)
  }

  /** Idempotent. */
  delete(watch: PortWatch): void {
    const watches = this.#take(watch)
    if (watches) this.#forgetEmpty(watch.address, watches)
  }

  /** Looks at a datagram from an address and port that nobody announced. */
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

  /** Takes it out of its list. @returns The lists; nothing when it was in none. */
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

/** RTP with a payload. Players open a NAT with a bare header, or with a few octets that are no RTP. */
function isMedia(datagram: Buffer): boolean {
  return datagram.length > rtpHeaderBytes && (datagram[0] ?? 0) >> 6 === 2
}

/** The SSRC of RTP, or of the sender of RTCP (RFC 5761 section 4 tells them apart), encrypted or not; or -1. */
function ssrcIn(datagram: Buffer): number {
  const [, second = 0] = datagram
  const isRtcp = second >= 192 && second <= 223
  if (datagram.length < (isRtcp ? rtcpHeaderBytes : rtpHeaderBytes)) return -1
  return datagram.readUInt32BE(isRtcp ? 4 : 8)
}
