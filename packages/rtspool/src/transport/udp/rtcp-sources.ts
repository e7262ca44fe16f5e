import { hostOf } from '../../host-of.js'
import { parseCompound, type ReceptionReport } from '../../rtcp/index.js'

/** A stream whose client may turn out to send RTCP from another port than it announced. */
export interface RtcpSource {
  /** Whether a report echoes what this client, and nobody else, was sent lately. */
  isEchoedBy(report: ReceptionReport): boolean
  /** Monotonic milliseconds. */
  now(): number
  /** The client's RTCP comes from this port of its address from now on. Called once. */
  learned(port: number): void
}

/** What has been seen of a source at a port that it did not announce. */
interface Sighting {
  readonly port: number
  /** The sender report that was echoed first. */
  readonly lsr: number
}

/** Attempts that one host has left, whichever of its addresses it uses. */
interface Budget {
  readonly host: string
  /** Addresses of the host that have streams. */
  users: number
  tokens: number
  refilledAt: number
}

/** Streams of one client address that are still unheard. */
interface Address {
  readonly sightings: Map<RtcpSource, Sighting | undefined>
  readonly budget: Budget
}

/** Datagrams of one host that are looked into: at once, and a second. */
const burst = 8
const attemptsPerSecond = 4
/** With more streams than this behind one address a lucky guess becomes too likely. */
const maxSources = 16

/**
 * Learns from which port a client behind a NAT sends its RTCP, where that is not the one it announced.
 *
 * An address alone proves nothing: it can be forged, and others share it. A port is learned when two datagrams
 * from it echo two different sender reports (`lsr`, RFC 3550 section 6.4.1) that one stream of that address, and
 * no other, was sent. Whoever does not receive these has to guess 32 bits of SSRC and the time; whoever plays the
 * same track still has to guess 13 random bits, twice, at {@link attemptsPerSecond} attempts a second. Only RTCP is
 * taken from the learned port: nothing is ever sent there.
 */
export class RtcpSources {
  readonly #addresses = new Map<string, Address>()
  readonly #budgets = new Map<string, Budget>()

  /** Streams that are still unheard. */
  get size(): number {
    let size = 0
    for (const { sightings } of this.#addresses.values()) size += sightings.size
    return size
  }

  /** Begins to listen for a client; undone by {@link delete}. */
  add(address: string, source: RtcpSource): void {
    const known = this.#addresses.get(address)
    if (known) known.sightings.set(source, undefined)
    else {
      const sightings = new Map([[source, undefined]])
      this.#addresses.set(address, { sightings, budget: this.#budgetOf(address, source) })
    }
  }

  /** The client has been heard, or is gone. Idempotent. */
  delete(address: string, source: RtcpSource): void {
    const known = this.#addresses.get(address)
    if (!known?.sightings.delete(source)) return
    if (known.sightings.size > 0) return
    this.#addresses.delete(address)
    if (--known.budget.users === 0) this.#budgets.delete(known.budget.host)
  }

  /**
   * Looks into a datagram from an address and port that nobody announced. It has no effect of its own: the next one
   * from a learned port is heard.
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

/** The only source that a datagram can come from, and the sender report that it echoes. */
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

/** A wrong guess begins anew. */
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
