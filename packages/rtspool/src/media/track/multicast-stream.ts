import { parseCompound } from '../../rtcp/index.js'
import type { MulticastAddressPool } from '../../transport/multicast/address-pool.js'
import { MulticastEndpoint } from '../../transport/multicast/endpoint.js'
import { MulticastListener } from '../../transport/multicast/listener.js'
import type { MulticastPlace } from '../../transport/multicast/place-table.js'
import type { MulticastCarrier } from '../../transport/udp/udp-ports.js'
import { GroupCounters } from '../fan-out/group-counters.js'
import type { DatagramReader, DeliveryCounters } from '../fan-out/reader.js'
import { SentReports } from '../fan-out/sent-reports.js'
import type { Delivery, Viewer } from './delivery.js'
import type { Track } from './track.js'

/** Address and counters of a viewer who joins a multicast group, for {@link MulticastStream.join}. */
export interface MulticastViewerInit {
  /** Numeric address of the viewer. RTCP that is sent from this address to the group counts as the viewer's. */
  readonly address: string
  readonly counters: DeliveryCounters
}

/** Objects of an open group, which exist while at least one viewer has set the stream up. */
interface OpenGroup {
  readonly place: MulticastPlace
  readonly reader: DatagramReader
  readonly counters: GroupCounters
  readonly listener: MulticastListener
}

/**
 * One track sent to one multicast group, once for all viewers. The group's address is reserved while a viewer has set
 * the stream up, and packets are sent while a viewer plays.
 */
export class MulticastStream {
  readonly track: Track
  readonly carrier: MulticastCarrier
  readonly sentReports = new SentReports()
  readonly #pool: MulticastAddressPool
  readonly #viewers = new Set<MulticastViewer>()
  readonly #playing = new Set<MulticastViewer>()
  #group: OpenGroup | undefined
  #hasPlayed = false

  constructor(track: Track, pool: MulticastAddressPool, carrier: MulticastCarrier) {
    this.track = track
    this.#pool = pool
    this.carrier = carrier
  }

  /** Address and ports of the group, or those that SETUP would use now; `undefined` if all are taken. */
  get place(): MulticastPlace | undefined {
    return this.#group?.place ?? this.#pool.suggest(this, this.carrier.family)
  }

  /** Source address of the packets sent to the group; `undefined` if the system chooses it. */
  get sourceAddress(): string | undefined {
    return this.carrier.family === 4
      ? (this.#pool.sourceAddress ?? this.carrier.localAddress)
      : this.carrier.localAddress
  }

  /** Adds a viewer. The first viewer opens the group. @returns `undefined` if all addresses and ports are taken. */
  join(init: MulticastViewerInit): MulticastViewer | undefined {
    this.#group ??= this.#open()
    if (!this.#group) return undefined
    const viewer = new MulticastViewer(this, init)
    this.#viewers.add(viewer)
    this.carrier.stats.viewers++
    return viewer
  }

  /** Removes a viewer from the group. The last viewer closes the group at once. Idempotent. @internal */
  leave(viewer: MulticastViewer): void {
    this.stop(viewer)
    if (!this.#viewers.delete(viewer)) return
    this.carrier.stats.viewers--
    if (this.#viewers.size === 0) this.#close()
  }

  /**
   * Returns the packets that a new viewer is sent first: those that wait to be sent to the group,
   * or else the cached ones. @internal
   */
  recentPackets(stoppedAt: number | undefined): readonly Buffer[] {
    if (!this.#group) return []
    if (this.#playing.size > 0) return this.track.waitingPackets(this.#group.reader)
    return this.track.recentPackets(stoppedAt)
  }

  /**
   * Starts a viewer. The first playing viewer starts the flow of packets to the group.
   *
   * @internal
   * @param first - Cached packets that the group is sent first; ignored if the group is already
   * playing.
   */
  start(viewer: MulticastViewer, first: readonly Buffer[]): void {
    const group = this.#group
    if (!group || !this.#viewers.has(viewer) || this.#playing.has(viewer)) return
    const isFirst = this.#playing.size === 0
    this.#playing.add(viewer)
    group.counters.add(viewer.counters)
    this.#hasPlayed = true
    if (isFirst) this.track.addReader(group.reader, first)
  }

  /**
   * Stops counting the group's packets for a viewer. After the last playing viewer, no packets are sent to the group.
   *
   * @internal
   */
  stop(viewer: MulticastViewer): void {
    const group = this.#group
    if (!group || !this.#playing.delete(viewer)) return
    if (this.#playing.size === 0) this.track.removeReader(group.reader)
    group.counters.remove(viewer.counters)
  }

  /**
   * Gives the pool back the address and ports that it still reserves for this stream. Called after the media has ended.
   */
  forget(): void {
    this.#pool.forget(this, this.carrier.family)
  }

  #open(): OpenGroup | undefined {
    const { family, rtp, rtcp, interfaceAddress, stats } = this.carrier
    const place = this.#pool.acquire(this, family)
    if (!place) return undefined
    const { address, ports } = place
    const route = this.#pool.routeOf(family)
    const counters = new GroupCounters(stats)
    const reader: DatagramReader = {
      kind: 'datagram',
      rtp: new MulticastEndpoint(rtp, route),
      rtcp: new MulticastEndpoint(rtcp, route),
      address,
      port: ports[0],
      rtcpPort: ports[1],
      counters,
      sentReports: this.sentReports,
    }
    const listener = new MulticastListener(
      { address, port: ports[1] },
      route.interfaceAddress ?? interfaceAddress,
      (compound, from) => this.#receiveRtcp(compound, from),
    )
    stats.groups++
    this.#hasPlayed = false
    return { place, reader, counters, listener }
  }

  #close(): void {
    const group = this.#group
    if (!group) return
    this.#group = undefined
    if (this.#hasPlayed) this.track.sendBye(group.reader)
    group.listener.close()
    this.carrier.stats.groups--
    this.#pool.release(this, this.carrier.family)
  }

  /**
   * Handles RTCP sent to the group. Only the sender's address identifies a viewer: reports name no session, and
   * players use the group's port as their own. If several viewers share the address, a report keeps the sessions of
   * all of them alive.
   */
  #receiveRtcp(compound: Buffer, from: string): void {
    const packets = parseCompound(compound)
    // Packets that the server sends to the group come back.
    const isOurs = packets.some((packet) => 'ssrc' in packet && packet.ssrc === this.track.ssrc)
    if (isOurs || packets.length === 0) return
    const viewers = [...this.#viewers].filter(({ address }) => address === from)
    if (viewers.length === 1) viewers[0]?.receiveRtcp(compound)
    else for (const viewer of viewers) viewer.noteSignOfLife()
  }
}

/** One viewer of a {@link MulticastStream}, from SETUP to the end of its session. */
export class MulticastViewer implements Delivery {
  /** Always 0, because packets of a group wait for no viewer. */
  readonly queuedBytes = 0
  readonly lowerTransport = 'UDP'
  /** Always false, because a group has no SRTP. */
  readonly hasRolledOver = false
  readonly #stream: MulticastStream
  readonly #init: MulticastViewerInit
  #viewer: Viewer | undefined

  constructor(stream: MulticastStream, init: MulticastViewerInit) {
    this.#stream = stream
    this.#init = init
  }

  get address(): string {
    return this.#init.address
  }

  get counters(): DeliveryCounters {
    return this.#init.counters
  }

  /** Record of the sender reports that were sent to the group, common to all of its viewers. */
  get sentReports(): SentReports {
    return this.#stream.sentReports
  }

  open(viewer: Viewer): void {
    this.#viewer = viewer
  }

  receiveRtcp(compound: Buffer): void {
    this.#viewer?.receiveRtcp(compound)
  }

  noteSignOfLife(): void {
    this.#viewer?.noteSignOfLife()
  }

  /**
   * Returns the packets that the viewer would be sent first if it started now.
   *
   * @param stoppedAt - Sequence number of the first packet that this viewer missed because of
   * PAUSE.
   */
  recentPackets(stoppedAt: number | undefined): readonly Buffer[] {
    return this.#stream.recentPackets(stoppedAt)
  }

  start(first: readonly Buffer[]): void {
    this.#stream.start(this, first)
  }

  stop(): void {
    this.#stream.stop(this)
  }

  sendBye(): void {
    // The group says goodbye when its last viewer leaves.
  }

  settleCounters(): void {
    // A group counts what it sends at once.
  }

  /** Removes the viewer from the group. Idempotent. */
  close(): void {
    this.#stream.leave(this)
  }
}
