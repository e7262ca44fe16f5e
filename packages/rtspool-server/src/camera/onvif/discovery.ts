import { randomUUID } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { answerTo, bye, type DiscoveredDevice, hello, parseQuestion } from './discovery-messages.js'

/** Group and port of WS-Discovery. */
export const discoveryGroup = '239.255.255.250'
export const discoveryPort = 3702

/** Address to listen on, and the device that is announced. */
export interface DiscoveryOptions {
  /** IPv4 address of an interface; 0.0.0.0 or `::` = all interfaces. */
  readonly host: string
  /** UUID of the device. */
  readonly uuid: string
  /** Port of the services. */
  readonly servicePort: number
  /** Path of the device service. */
  readonly path: string
  /** Seconds since 1970 at which the device has started. */
  readonly instanceId: number
}

/**
 * Announces a device by WS-Discovery, and answers probes of its network: multicast on UDP port 3702.
 *
 * One socket listens, and one for each address sends, so that each network gets the address at which
 * it reaches the device.
 */
export class Discovery {
  readonly #options: DiscoveryOptions
  readonly #listener = createSocket({ type: 'udp4', reuseAddr: true })
  /** Sockets by the own address from which they send. */
  readonly #senders = new Map<string, Socket>()
  #messages = 0
  #isOpen = false

  constructor(options: DiscoveryOptions) {
    this.#options = options
  }

  /** Joins the group, and greets. @throws The error of the operating system. */
  async open(): Promise<void> {
    await bound(this.#listener, discoveryPort, '0.0.0.0')
    this.#isOpen = true
    for (const address of this.#addresses()) {
      this.#listener.addMembership(discoveryGroup, address)
      const sender = createSocket('udp4')
      this.#senders.set(address, sender)
      await bound(sender, 0, address)
      sender.setMulticastInterface(address)
      sender.setMulticastTTL(1)
      sender.on('error', () => {})
      // Answers to unicast probes arrive at the listener only; others are dropped.
      sender.on('message', () => {})
    }
    this.#listener.on('error', () => {})
    this.#listener.on('message', (datagram, { address, port: from }) => {
      this.#answer(datagram.toString(), address, from)
    })
    await this.#tellAll(hello)
  }

  /** Says goodbye, and leaves the group. Idempotent. */
  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.#tellAll(bye)
    await Promise.all([this.#listener, ...this.#senders.values()].map(closed))
  }

  #addresses(): readonly string[] {
    const { host } = this.#options
    if (host !== '0.0.0.0' && host !== '::') return [host]
    const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
    return all.filter(({ family }) => family === 'IPv4').map(({ address }) => address)
  }

  #answer(text: string, address: string, port: number): void {
    if (!this.#isOpen) return
    const { uuid } = this.#options
    const question = parseQuestion(text, uuid)
    if (!question) return
    const [own, sender] = this.#senderTo(address)
    if (sender) sender.send(answerTo(question, this.#device(own), messageId()), port, address)
  }

  /** Finds the socket in the network of an address; with one socket, that one. */
  #senderTo(address: string): readonly [own: string, sender: Socket | undefined] {
    const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
    const own = all.find(
      (each) => this.#senders.has(each.address) && isWithin(address, each.address, each.netmask),
    )
    const [[first = '', sender] = []] = this.#senders
    return own ? [own.address, this.#senders.get(own.address)] : [first, sender]
  }

  async #tellAll(format: (device: DiscoveredDevice, messageId: string) => string): Promise<void> {
    const sent = [...this.#senders].map(
      ([address, sender]) =>
        new Promise<void>((resolve) => {
          // A network without a route for multicast: nobody is there to be told.
          sender.send(
            format(this.#device(address), messageId()),
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

function bound(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, address, () => {
      socket.off('error', reject)
      resolve()
    })
  })
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.close(() => resolve())
  })

/** Returns whether two IPv4 addresses are in one network. */
function isWithin(address: string, own: string, netmask: string): boolean {
  const parts = (text: string): readonly number[] => text.split('.').map(Number)
  const [mask, others] = [parts(netmask), parts(own)]
  return parts(address).every((part, at) => ((part ^ (others[at] ?? 0)) & (mask[at] ?? 0)) === 0)
}
