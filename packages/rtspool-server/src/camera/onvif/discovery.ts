import { randomUUID } from 'node:crypto'
import { createSocket, type Socket, type SocketOptions } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import type { Clock } from 'rtspool'
import { answerTo, bye, type DiscoveredDevice, hello, parseQuestion } from './discovery-messages.js'
import { isWithin, type NetworkInterfaces, type OwnAddress, ownAddresses } from './own-addresses.js'

/** IPv4 multicast group of WS-Discovery; the next constant is its UDP port. */
export const discoveryGroup = '239.255.255.250'
export const discoveryPort = 3702

/** Longest datagram in bytes that is read, and most answers in a second. */
export const maxDatagramBytes = 4096
export const maxAnswersASecond = 50
const secondMs = 1000

/** Sockets and network interfaces of the machine. */
export interface DiscoverySystem {
  createSocket(options: SocketOptions): Socket
  networkInterfaces(): NetworkInterfaces
}

/** Address to listen on, and the device that is announced. */
export interface DiscoveryOptions {
  /** IPv4 address of the interface to use; 0.0.0.0 or `::` = all interfaces. */
  readonly host: string
  /** UUID of the device. */
  readonly uuid: string
  /** TCP port of the ONVIF services of the device. */
  readonly servicePort: number
  /** URL path of the ONVIF device service. */
  readonly path: string
  /** Seconds since 1970 at which the device has started. */
  readonly instanceId: number
  readonly clock: Clock
  /**
   * Network interfaces and UDP sockets of discovery; replaced in tests.
   *
   * @default those of the machine
   */
  readonly system?: DiscoverySystem
}

/** A socket that sends from one own address. */
interface Sender {
  readonly own: OwnAddress
  readonly socket: Socket
}

/**
 * Announces a device by WS-Discovery, and answers probes of its networks: multicast on UDP port 3702.
 *
 * One socket listens, and one for each address sends, so that each network gets the address at which
 * it reaches the device. Datagrams from other networks get no answer.
 */
export class Discovery {
  readonly #options: DiscoveryOptions
  readonly #system: DiscoverySystem
  readonly #listener: Socket
  readonly #senders: Sender[] = []
  #messages = 0
  /** Beginning of the present second in milliseconds of the clock, and the answers since then. */
  #secondBeganMs = Number.NEGATIVE_INFINITY
  #answers = 0
  #isOpen = false

  constructor(options: DiscoveryOptions) {
    this.#options = options
    this.#system = options.system ?? { createSocket, networkInterfaces }
    this.#listener = this.#system.createSocket({ type: 'udp4', reuseAddr: true })
  }

  /**
   * Joins the group on each interface, and greets. An interface that cannot join is left out.
   *
   * @throws {Error} Says why no interface can join; or the error of the operating system.
   */
  async open(): Promise<void> {
    const { host } = this.#options
    await bound(this.#listener, discoveryPort, '0.0.0.0')
    this.#isOpen = true
    this.#listener.on('error', () => {})
    this.#listener.on('message', (datagram, { address, port }) => {
      try {
        this.#answer(datagram, address, port)
      } catch {
        // The port is open to everybody: no datagram ends the process.
      }
    })
    const problems: string[] = []
    for (const addresses of ownAddresses(host, this.#system.networkInterfaces())) {
      try {
        await this.#openInterface(addresses)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        problems.push(`${addresses[0]?.address}: ${reason}`)
      }
    }
    if (this.#senders.length === 0) {
      await this.close()
      const reason = problems.join(', ') || `no interface has the IPv4 address ${host}`
      throw new Error(`WS-Discovery cannot join ${discoveryGroup} (${reason})`)
    }
    await this.#tellAll(hello)
  }

  /** Announces the end of the device, and leaves the multicast group. Idempotent. */
  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.#tellAll(bye)
    const sockets = [this.#listener, ...this.#senders.map(({ socket }) => socket)]
    await Promise.all(sockets.map(closed))
  }

  /** Joins the group on one interface, which allows that once, and opens a socket for each address. */
  async #openInterface(addresses: readonly OwnAddress[]): Promise<void> {
    const [first] = addresses
    this.#listener.addMembership(discoveryGroup, first?.address)
    for (const own of addresses) {
      const socket = this.#system.createSocket({ type: 'udp4' })
      await bound(socket, 0, own.address)
      this.#senders.push({ own, socket })
      socket.setMulticastInterface(own.address)
      socket.setMulticastTTL(1)
      socket.on('error', () => {})
      // Answers to unicast probes arrive at the listener only; others are dropped.
      socket.on('message', () => {})
    }
  }

  #answer(datagram: Buffer, address: string, port: number): void {
    // A datagram without a source port cannot be answered (RFC 768).
    if (!this.#isOpen || port === 0 || datagram.length > maxDatagramBytes) return
    const sender = this.#senders.find(({ own }) => isWithin(address, own))
    if (!sender) return
    const question = parseQuestion(datagram.toString(), this.#options.uuid)
    if (!question || !this.#mayAnswer()) return
    const device = this.#device(sender.own.address)
    sender.socket.send(answerTo(question, device, messageId()), port, address)
  }

  /** Counts an answer. @returns `false` if this second has had all of its answers */
  #mayAnswer(): boolean {
    const now = this.#options.clock.now()
    if (now - this.#secondBeganMs >= secondMs) {
      this.#secondBeganMs = now
      this.#answers = 0
    }
    return ++this.#answers <= maxAnswersASecond
  }

  async #tellAll(format: (device: DiscoveredDevice, messageId: string) => string): Promise<void> {
    const sent = this.#senders.map(
      ({ own, socket }) =>
        new Promise<void>((resolve) => {
          // A network without a route for multicast: nobody is there to be told.
          socket.send(
            format(this.#device(own.address), messageId()),
            discoveryPort,
            discoveryGroup,
            () => resolve(),
          )
        }),
    )
    await Promise.all(sent)
  }

  #device(address: string): DiscoveredDevice {
    const { uuid, servicePort, path, instanceId } = this.#options
    const url = `http://${address}:${servicePort}${path}`
    return { uuid, url, instanceId, messageNumber: ++this.#messages }
  }
}

const messageId = (): string => `urn:uuid:${randomUUID()}`

/** Binds a socket, and closes it if that fails. */
function bound(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      socket.close()
      reject(error)
    }
    socket.once('error', fail)
    socket.bind(port, address, () => {
      socket.off('error', fail)
      resolve()
    })
  })
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.close(() => resolve())
  })
