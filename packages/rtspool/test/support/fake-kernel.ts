import type { NativeSockets } from '../../src/transport/system/native-sockets.js'
import { parseSocketAddress } from '../../src/transport/system/socket-address.js'

export const errorNumbers = {
  EIO: 5,
  EAGAIN: 11,
  EINVAL: 22,
  EMSGSIZE: 90,
  ENETUNREACH: 101,
} as const
export type ErrorName = keyof typeof errorNumbers

/** Network between the fake kernel and one address. */
export interface FakeRoute {
  /** Size of the largest IP packet in bytes. */
  readonly mtu: number
  /**
   * Error of a segmented message whose segments are too large. @default EMSGSIZE, since Linux 6.14
   */
  readonly segmentError?: ErrorName
  /** `true` if segments of any size are refused, as on an encrypted route. */
  readonly refusesSegments?: boolean
  /** `true` if packets must not be fragmented (`IP_MTU_DISCOVER`). */
  readonly isUncut?: boolean
  /** Error of every message. */
  readonly error?: ErrorName
}

/** A sent datagram. */
export interface FakeDatagram {
  readonly address: string
  readonly port: number
  readonly payload: Buffer
  readonly isFragmented: boolean
}

const messageBytes = 64
const maxUdpPayload = 65_507
/** Default route: loopback. */
const loopback: FakeRoute = { mtu: 65_536 }

/**
 * Simulates `sendmmsg` of Linux for datagram groups: it reads the real message tables, and has a
 * route for each address.
 */
export class FakeKernel {
  readonly routes = new Map<string, FakeRoute>()
  readonly sent: FakeDatagram[] = []
  /** Number of calls of `sendmmsg`. */
  calls = 0
  /** Number of messages that fit before the queue is full. */
  room = Number.POSITIVE_INFINITY
  readonly #memory: { readonly start: bigint; readonly bytes: Buffer }[] = []
  #end = 4096n
  #error = 0

  /** The native calls that groups use, and no others. */
  get native(): NativeSockets {
    const calls: Partial<NativeSockets> = {
      addressOf: (bytes) => this.#addressOf(bytes),
      lastError: () => this.#error,
      sendmmsg: (_descriptor, messages, count) => this.#sendMessages(messages, count),
    }
    return calls as NativeSockets
  }

  /** Returns the payloads sent to an address. */
  sentTo(address: string): Buffer[] {
    return this.sent.filter((each) => each.address === address).map(({ payload }) => payload)
  }

  #sendMessages(messages: bigint, count: number): number {
    this.calls++
    for (let index = 0; index < count; index++) {
      const error = this.#send(this.#read(messages + BigInt(index * messageBytes), messageBytes))
      if (error === undefined) continue
      this.#error = errorNumbers[error]
      return index > 0 ? index : -1
    }
    return count
  }

  #send(message: Buffer): ErrorName | undefined {
    const name = this.#read(message.readBigUInt64LE(0), message.readUInt32LE(8))
    const vector = this.#read(message.readBigUInt64LE(16), 16)
    const payload = this.#read(vector.readBigUInt64LE(0), Number(vector.readBigUInt64LE(8)))
    const control = message.readBigUInt64LE(32)
    const segmentBytes = control === 0n ? 0 : this.#read(control, 24).readUInt16LE(16)
    const { address, port } = parseSocketAddress(name)
    const route = this.routes.get(address) ?? loopback
    const overhead = (address.includes(':') ? 40 : 20) + 8
    if (route.error) return route.error
    if (segmentBytes > 0 && route.refusesSegments) return 'EIO'
    if (segmentBytes > 0 && Math.min(segmentBytes, payload.length) + overhead > route.mtu) {
      return route.segmentError ?? 'EMSGSIZE'
    }
    if (payload.length > maxUdpPayload) return 'EMSGSIZE'
    const pieceBytes = segmentBytes > 0 ? segmentBytes : Math.max(payload.length, 1)
    if (route.isUncut && Math.min(pieceBytes, payload.length) + overhead > route.mtu) {
      return 'EMSGSIZE'
    }
    if (this.room-- <= 0) return 'EAGAIN'
    for (let offset = 0; offset < Math.max(payload.length, 1); offset += pieceBytes) {
      const piece = Buffer.from(payload.subarray(offset, offset + pieceBytes))
      const isFragmented = piece.length + overhead > route.mtu
      this.sent.push({ address, port, payload: piece, isFragmented })
    }
    return undefined
  }

  #addressOf(bytes: Buffer): bigint {
    const known = this.#memory.find((each) => each.bytes === bytes)
    if (known) return known.start
    const start = this.#end
    this.#memory.push({ start, bytes })
    this.#end += BigInt(bytes.length + 64)
    return start
  }

  #read(address: bigint, length: number): Buffer {
    const region = this.#memory.find(
      ({ start, bytes }) =>
        address >= start && address + BigInt(length) <= start + BigInt(bytes.length),
    )
    if (!region) throw new Error(`no memory of ${length} bytes at ${address}`)
    const offset = Number(address - region.start)
    return region.bytes.subarray(offset, offset + length)
  }
}
