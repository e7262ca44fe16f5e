import type { Clock } from '../../clock.js'
import { ClientError } from '../../errors.js'
import { addressDigits } from '../../host-of.js'
import {
  isMulticastAddress,
  MulticastMembership,
  type MulticastPlace,
} from '../../transport/multicast/membership.js'
import { interfaceOf } from '../../transport/system/multicast-interface.js'
import type { ClientConnection } from '../connection/client-connection.js'
import type { Carrier } from './carrier.js'
import type { ClientTrack } from './client-track.js'
import type { TransportAnswer } from './transport-answer.js'

/** Time to live of RTCP reports to a group if the server names none: 1 does not leave the local network. */
const defaultTtl = 1

/** Receives a track from a multicast group, and sends its RTCP reports to the group. */
export class MulticastCarrier implements Carrier {
  readonly #connection: ClientConnection
  readonly #clock: Clock
  readonly #interface: string | undefined
  #membership: MulticastMembership | undefined
  #isClosed = false

  /**
   * Creates a carrier that has not joined a group yet.
   *
   * @param interfaceName - Name or address of the network interface on which to receive; by default that of the
   *   connection, unless it is the loopback.
   */
  constructor(connection: ClientConnection, clock: Clock, interfaceName: string | undefined) {
    this.#connection = connection
    this.#clock = clock
    this.#interface = interfaceName
  }

  offerFor(profile: string): string {
    return `${profile};multicast`
  }

  /**
   * Joins the multicast group that the response to SETUP names, or else the description.
   *
   * @throws {ClientError} `ERR_CLIENT_TRANSPORT` if the server sends elsewhere, or the group cannot be joined.
   */
  async open(track: ClientTrack, answer: TransportAnswer): Promise<void> {
    const place = placeOf(track, answer)
    const { localAddress } = this.#connection
    const family = place.address.includes(':') ? 6 : 4
    try {
      const membership = await MulticastMembership.join(
        place,
        interfaceOf(this.#interface, localAddress, family),
        {
          rtp: (packet) => track.receiveRtp(packet, this.#clock.now()),
          rtcp: (packet) => track.receiveRtcp(packet, this.#clock.now()),
        },
      )
      this.#membership = membership
      if (this.#isClosed) {
        await membership.close()
        throw new Error('the client has been closed')
      }
      track.open((compound) => membership.sendRtcp(compound))
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      const text = `the group ${place.address} cannot be joined: ${reason}`
      throw new ClientError('ERR_CLIENT_TRANSPORT', text, { cause })
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#membership?.close()
  }
}

/**
 * Returns the group to join: address, ports and TTL, each from the response to SETUP, or else from the description.
 *
 * @throws {ClientError} `ERR_CLIENT_TRANSPORT` if the answer is unicast, or there is no group.
 */
function placeOf(
  { described }: ClientTrack,
  { interleaved, serverPort, isMulticast, destination, port, ttl, source }: TransportAnswer,
): MulticastPlace {
  if (interleaved || (serverPort && !isMulticast)) {
    throw new ClientError(
      'ERR_CLIENT_TRANSPORT',
      'the server has chosen unicast in place of multicast',
    )
  }
  const { group } = described
  const address = destination || group?.address || ''
  const ports = port ?? group?.ports
  if (!isMulticastAddress(address) || !ports) {
    throw new ClientError(
      'ERR_CLIENT_TRANSPORT',
      `the server names no multicast group, but '${address}'`,
    )
  }
  const isSource = source !== undefined && addressDigits(source) !== undefined
  return {
    address,
    ports,
    ttl: ttl ?? group?.ttl ?? defaultTtl,
    source: isSource ? source : undefined,
  }
}
