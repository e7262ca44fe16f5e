import type { Socket } from 'node:net'
import type { Clock, ClockTimer } from '../../clock.js'
import { descriptorOf, type NativeSockets } from '../system/native-sockets.js'

/**
 * Milliseconds after which the unread bytes of all spaced sockets are read. Longer than a picture lasts at 25 pictures a
 * second, so that most sockets have bytes by then, and one turn of the event loop reads them all.
 */
const intervalMs = 50
/** Number of unread bytes of one socket that are read at once. The kernel has room for as many. */
const maxUnreadBytes = 64 * 1024
/** Number of unread bytes from which the kernel normally reports a socket as readable. */
const normalBytes = 1

/**
 * Lets bytes of sockets wait in the kernel for up to 50 ms, and then has all these sockets read in one turn of the event
 * loop. The first read of a turn costs as much as that of a dozen packets.
 *
 * ```text
 * socket 1   ▪   ▪   ▪  │         The kernel reports no socket as readable (SO_RCVLOWAT),
 * socket 2     ▪   ▪    │ read    unless 64 KiB wait in it, or the connection ends.
 * socket 3 ▪   ▪   ▪    │
 * ```
 *
 * Bench: bench/recording.
 */
export class SpacedReads {
  readonly #clock: Clock
  readonly #native: Pick<NativeSockets, 'setReceiveLowWater'>
  readonly #waiting = new Set<Socket>()
  #timer: ClockTimer | undefined

  constructor(clock: Clock, native: Pick<NativeSockets, 'setReceiveLowWater'>) {
    this.#clock = clock
    this.#native = native
  }

  /** Lets the next bytes of a socket that has just been read wait for the other sockets. */
  space(socket: Socket): void {
    if (this.#waiting.has(socket) || !this.#set(socket, maxUnreadBytes)) return
    this.#waiting.add(socket)
    this.#timer ??= this.#clock.schedule(() => this.#readAll(), intervalMs, false)
  }

  /** Lets a closing socket be read as usual. Without a socket, no timer stays. Idempotent. */
  remove(socket: Socket): void {
    if (!this.#waiting.delete(socket)) return
    this.#set(socket, normalBytes)
    if (this.#waiting.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #readAll(): void {
    this.#timer = undefined
    for (const socket of this.#waiting) this.#set(socket, normalBytes)
    this.#waiting.clear()
  }

  #set(socket: Socket, bytes: number): boolean {
    const descriptor = descriptorOf(socket)
    return descriptor !== undefined && this.#native.setReceiveLowWater(descriptor, bytes)
  }
}
