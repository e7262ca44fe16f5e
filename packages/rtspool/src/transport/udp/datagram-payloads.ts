import type { SharedRing } from '../threads/shared-ring.js'
import type { DatagramDestination } from './datagram-group.js'

/**
 * Payloads of the entries for UDP destinations: the event loop writes them into the ring of a send thread, and the
 * thread reads them. Offsets are in bytes, and numbers have 32 bits.
 *
 * ```text
 * destination   [ size of the text | ADDRESS PORT ]
 * packets       [ size | size | … | packet | packet | … ]
 * ```
 */

/** Returns the payload that names a destination. */
export function destinationPayload({ address, port }: DatagramDestination): Buffer {
  const text = `${address} ${port}`
  const payload = Buffer.alloc(4 + text.length)
  payload.writeInt32LE(text.length)
  payload.write(text, 4, 'latin1')
  return payload
}

/** Reads the payload of {@link destinationPayload} at an offset of the ring. */
export function destinationAt(
  ring: SharedRing,
  offset: number,
): { readonly address: string; readonly port: number } {
  const sizeBytes = ring.words[offset / 4] as number
  const text = ring.bytes.toString('latin1', offset + 4, offset + 4 + sizeBytes)
  const [address = '', port = ''] = text.split(' ')
  return { address, port: Number(port) }
}

/** Writes packets at an offset of the ring's memory, which must have room for them and for 4 bytes more for each. */
export function writePackets(
  { bytes, words }: { readonly bytes: Buffer; readonly words: Int32Array },
  offset: number,
  packets: readonly Buffer[],
): void {
  let at = offset + packets.length * 4
  for (let index = 0; index < packets.length; index++) {
    const packet = packets[index] as Buffer
    words[offset / 4 + index] = packet.length
    packet.copy(bytes, at)
    at += packet.length
  }
}

/**
 * Reads a number of packets that {@link writePackets} has written. They are views of the ring, valid until the entry is
 * handled.
 */
export function packetsAt(ring: SharedRing, offset: number, count: number): Buffer[] {
  const packets: Buffer[] = []
  let at = offset + count * 4
  for (let index = 0; index < count; index++) {
    const sizeBytes = ring.words[offset / 4 + index] as number
    packets.push(ring.bytes.subarray(at, at + sizeBytes))
    at += sizeBytes
  }
  return packets
}
