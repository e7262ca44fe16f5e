/** Runs a send thread: takes entries of the ring, and sleeps while there are none. It has no event loop. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { nativeSockets } from '../system/native-sockets.js'
import type { ThreadMemory } from '../threads/entries.js'
import { SharedRing } from '../threads/shared-ring.js'
import { ThreadDatagrams } from './thread-datagrams.js'
import { ThreadSends } from './thread-sends.js'

/**
 * Maximum milliseconds that the thread sleeps while there are no entries. Between two sleeps it reports lost datagrams.
 */
const sleepMs = 250
/**
 * Maximum milliseconds that the thread waits at a time for the event loop to read reports, while their ring is full.
 */
const fullMs = 20

const port = parentPort as MessagePort
const memory = workerData as ThreadMemory
const native = nativeSockets()
if (!native) throw new Error('a send thread needs native calls')
const { send: sendBytes } = native

const entries = new SharedRing(memory.entries)
const reports = new SharedRing(memory.reports)
const base = Number(native.addressOf(entries.bytes))
/**
 * Address of the bytes that were sent last, and their offset. The address is a heap number, which all viewers of an
 * entry share: adding again for each viewer would allocate 16 bytes each time.
 */
let address = base
let addressOffset = 0

/** Sends bytes of an entry. */
function send(descriptor: number, offset: number, sizeBytes: number): number {
  if (offset !== addressOffset) {
    addressOffset = offset
    address = base + offset
  }
  return sendBytes(descriptor, address, sizeBytes)
}

function tell(): void {
  if (reports.raiseNotice()) port.postMessage('news')
}

const datagrams = new ThreadDatagrams(native, (...report) => sends.report(...report))
const sends = new ThreadSends(
  memory,
  {
    send,
    waitForReader: (full) => {
      tell()
      full.waitForRoom(fullMs)
    },
  },
  datagrams,
)

port.postMessage('ready')
while (!sends.hasEnded) {
  while (sends.take()) {}
  datagrams.report()
  if (sends.hasNews) {
    sends.hasNews = false
    tell()
  }
  if (!sends.hasEnded) sends.sleep(sleepMs)
}
