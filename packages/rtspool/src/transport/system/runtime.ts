import type { Socket } from 'node:dgram'

/** Runtimes that report a version of Node beside their own. Their sockets have no descriptors. */
const otherRuntimes = ['deno', 'bun'] as const

/** True if the sockets of this process are Node's own. */
export const isNode = (versions: Readonly<Record<string, string | undefined>>): boolean =>
  otherRuntimes.every((name) => versions[name] === undefined)

/**
 * Bytes that wait in the process for the kernel; 0 if the runtime does not report them, as in Deno
 * 2.9.
 */
export const queuedBytesOf = (socket: Socket): number => socket.getSendQueueSize?.() ?? 0

/**
 * Datagrams that wait in the process for the kernel; 0 if the runtime does not report them, as in
 * Deno 2.9.
 */
export const queuedCountOf = (socket: Socket): number => socket.getSendQueueCount?.() ?? 0
