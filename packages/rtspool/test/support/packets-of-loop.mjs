// Counts packets of servers, and those of them that the event loop must send although threads serve the viewer. For
// `npm run test:threads`.
import { appendFileSync } from 'node:fs'

/**
 * Makes each server append a line to a file when it closes, unless it has no send threads: RTP packets to unicast
 * viewers, those that threads have sent, cached packets of new viewers, packets to viewers that have not read, and the
 * name. Call it once for each class.
 *
 * @param nameOf - Returns a name for the line, such as the test file.
 */
export function countPackets(classes, file, nameOf) {
  const counts = { first: 0, unread: 0 }
  const count = (kind) => (packets) => {
    counts[kind] += packets
  }
  countFirstOverTcp(classes, count('first'))
  countFirstOverUdp(classes, count('first'))
  countUnread(classes, count('unread'))
  const { RtspServer } = classes
  const counted = new WeakSet()
  const { close } = RtspServer.prototype
  RtspServer.prototype.close = function () {
    const { unicast, sendThreads } = this.stats()
    if (sendThreads.length > 0 && !counted.has(this)) {
      counted.add(this)
      const byThreads = sendThreads.reduce((sum, { packetsOut }) => sum + packetsOut, 0)
      const { first, unread } = counts
      appendFileSync(file, `${unicast.packetsOut} ${byThreads} ${first} ${unread} ${nameOf()}\n`)
      counts.first = 0
      counts.unread = 0
    }
    return close.call(this)
  }
}

/** Returns the table of connections and the slot in it, if send threads may serve the viewer. */
function placeOf({ carrier: { direct } }) {
  return direct?.sends.threads ? direct : undefined
}

/** Counts the cached packets of new viewers: the event loop writes them before the first batch of the viewer. */
function countFirstOverTcp({ InterleavedGroup }, count) {
  const { add } = InterleavedGroup.prototype
  InterleavedGroup.prototype.add = function (reader, first) {
    const before = reader.counters.packetsOut
    add.call(this, reader, first)
    if (placeOf(reader)) count(reader.counters.packetsOut - before)
  }
}

/** Counts the same over UDP. The kind of a group shows that the server of a socket has send threads. */
function countFirstOverUdp({ UdpEndpoint, ThreadedDatagramGroup }, count) {
  const threaded = new WeakMap()
  const isThreaded = (endpoint) => {
    if (!threaded.has(endpoint))
      threaded.set(endpoint, endpoint.createGroup() instanceof ThreadedDatagramGroup)
    return threaded.get(endpoint)
  }
  const { sendAll } = UdpEndpoint.prototype
  UdpEndpoint.prototype.sendAll = function (packets, destination, observer) {
    // A packet without counters opens the way through a firewall.
    if (destination.counters && isThreaded(this)) count(packets.length)
    sendAll.call(this, packets, destination, observer)
  }
}

/** Counts packets to viewers for whom earlier bytes wait in Node's stream: they have not read these, or have gone. */
function countUnread({ InterleavedGroup }, count) {
  const { send } = InterleavedGroup.prototype
  InterleavedGroup.prototype.send = function (batch) {
    const before = new Map()
    this.forEachReader((reader) => {
      if (!placeOf(reader)) return
      this.settle(reader)
      before.set(reader, reader.counters.packetsOut)
    })
    send.call(this, batch)
    this.forEachReader((reader) => {
      const place = placeOf(reader)
      if (!place || !before.has(reader) || !isWaiting(place)) return
      this.settle(reader)
      count(reader.counters.packetsOut - before.get(reader))
    })
  }
}

function isWaiting({ sends, slot }) {
  const { tokens } = sends.threads
  return tokens.isOnMain(slot) ? !sends.isOpen(slot) : tokens.of(slot).state === 'returning'
}
