import type { Socket } from 'node:dgram'

/**
 * Names of other runtimes that also report a version of Node. Their sockets have no file
 * descriptors.
 */
const otherRuntimes = ['deno', 'bun'] as const

/** Returns whether the program runs in Node itself, whose sockets have file descriptors, and not in Deno or Bun. */
export const isNode = (versions: Readonly<Record<string, string | undefined>>): boolean =>
  otherRuntimes.every((name) => versions[name] === undefined)

/**
 * Returns the number of bytes of a UDP socket that wait in the process for the kernel; 0 if
 * unknown, as in Deno 2.9.
 */
export const queuedBytesOf = (socket: Socket): number => socket.getSendQueueSize?.() ?? 0

/**
 * Returns the number of datagrams of a UDP socket that wait in the process for the kernel; 0 if
 * unknown, as in Deno 2.9.
 */
export const queuedCountOf = (socket: Socket): number => socket.getSendQueueCount?.() ?? 0
