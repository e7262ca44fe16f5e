import { hostOf } from '../../host-of.js'
import { parseCompound, type ReceptionReport } from '../../rtcp/index.js'

/** A client's RTP stream, whose RTCP may arrive from another port than the announced one. */
export interface RtcpSource {
  /** Returns whether a reception report refers (LSR) to a recent sender report that went to this client only. */
  isEchoedBy(report: ReceptionReport): boolean
  /** Returns the present time in milliseconds of the monotonic clock. */
  now(): number
  /**
   * Called once the port from which the client's RTCP arrives is known. The implementer must accept
   * the later RTCP from this port; {@link RtcpSources} drops the datagrams that it examines.
   */
  learned(port: number): void
}

/** First evidence that a client sends RTCP from a port that it did not announce. */
interface Sighting {
  readonly port: number
  /**
   * Field `lsr` of the RTCP from this port. It names a sender report that was sent to this client
   * only.
   */
  readonly lsr: number
}

/** Number of datagrams of one host that may still be examined, over all of its addresses. */
interface Budget {
  readonly host: string
  /** Number of the host's addresses with streams that share this budget. */
  users: number
  tokens: number
  refilledAt: number
}

/** Streams of one client address from which no RTCP has arrived yet, and the evidence about their ports. */
interface Address {
  readonly sightings: Map<RtcpSource, Sighting | undefined>
  readonly budget: Budget
}

/**
 * Maximum number of datagrams of one host that are examined at once; then {@link attemptsPerSecond}
 * a second. Others are ignored.
 */
const burst = 8
const attemptsPerSecond = 4
/**
 * Maximum number of streams of one address. Above the limit, datagrams are not examined, because an
 * attacker would too probably guess the report of one of the streams.
 */
const maxSources = 16

/**
 * Finds the port from which a client behind a NAT sends its RTCP, if this is not the announced one.
 *
 * An address alone proves nothing: it can be forged, and several clients may share it. A port is accepted when two
 * datagrams from it refer to two different sender reports (`lsr`, RFC 3550 section 6.4.1). Exactly one stream of that
 * address must have been sent both.
 *
 * An attacker that does not receive the reports has to guess 32 bits of SSRC and the time. An attacker that plays the
 * same track has to guess 13 random bits, twice, at {@link attemptsPerSecond} attempts a second. Only RTCP is
 * accepted from the port, and nothing is ever sent to it.
 */
export class RtcpSources {
  readonly #addresses = new Map<string, Address>()
  readonly #budgets = new Map<string, Budget>()

  /** Number of watched streams for which no RTCP has arrived from the announced port yet. */
  get size(): number {
    let size = 0
    for (const { sightings } of this.#addresses.values()) size += sightings.size
    return size
  }

  /** Starts to look for the port of a client's RTCP, until {@link delete}. */
  add(address: string, source: RtcpSource): void {
    const known = this.#addresses.get(address)
    if (known) known.sightings.set(source, undefined)
    else {
      const sightings = new Map([[source, undefined]])
      this.#addresses.set(address, { sightings, budget: this.#budgetOf(address, source) })
    }
  }

  /** Stops looking, because the client's RTCP has arrived or the client has gone. Idempotent. */
  delete(address: string, source: RtcpSource): void {
    const known = this.#addresses.get(address)
    if (!known?.sightings.delete(source)) return
    if (known.sightings.size > 0) return
    this.#addresses.delete(address)
    if (--known.budget.users === 0) this.#budgets.delete(known.budget.host)
  }

  /**
   * Examines a datagram from an address and port that nobody announced. The datagram itself is
   * dropped in any case. Only later datagrams from an accepted port are received.
   */
  look(datagram: Buffer, address: string, port: number): void {
    const known = this.#addresses.get(address)
    if (!known || known.sightings.size > maxSources || !takeToken(known)) return
    const match = matchOf(known, datagram)
    if (!match) {
      forgetSighting(known, port)
      return
    }
    const { source, lsr } = match
    const sighting = known.sightings.get(source)
    if (sighting?.port !== port) known.sightings.set(source, { port, lsr })
    else if (sighting.lsr !== lsr) {
      this.delete(address, source)
      source.learned(port)
    }
  }

  #budgetOf(address: string, source: RtcpSource): Budget {
    const host = hostOf(address)
    const known = this.#budgets.get(host)
    const budget = known ?? { host, users: 0, tokens: burst, refilledAt: source.now() }
    budget.users++
    this.#budgets.set(host, budget)
    return budget
  }
}

/**
 * Returns the only stream whose client can have sent a datagram, and the sender report that the datagram refers to.
 * `undefined` if no stream or several match.
 */
function matchOf({ sightings }: Address, datagram: Buffer) {
  let match: { readonly source: RtcpSource; readonly lsr: number } | undefined
  for (const packet of parseCompound(datagram)) {
    if (packet.type !== 'receiverReport' && packet.type !== 'senderReport') continue
    for (const report of packet.reports) {
      for (const source of sightings.keys()) {
        if (!source.isEchoedBy(report)) continue
        if (match && match.source !== source) return undefined
        match = { source, lsr: report.lsr }
      }
    }
  }
  return match
}

/** Removes the evidence about a port, after a datagram from this port that identifies no stream. */
function forgetSighting({ sightings }: Address, port: number): void {
  for (const [source, sighting] of sightings) {
    if (sighting?.port === port) sightings.set(source, undefined)
  }
}

function takeToken({ sightings, budget }: Address): boolean {
  const [source] = sightings.keys()
  const now = source?.now() ?? budget.refilledAt
  const refilled = ((now - budget.refilledAt) / 1000) * attemptsPerSecond
  budget.tokens = Math.min(burst, budget.tokens + refilled)
  budget.refilledAt = now
  if (budget.tokens < 1) return false
  budget.tokens--
  return true
}
