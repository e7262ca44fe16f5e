// Counts packets of servers, and those of them that the event loop must send although threads serve the viewer: to
// viewers over TCP who have not read earlier ones. For `npm run test:threads`.
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes each server append a line to a file when it closes, unless it has no send threads: RTP packets to unicast
 * viewers, those that threads have sent, packets to viewers that have not read, and the name. Call it once for each
 * class.
 *
 * @param folder - Gets a file for each process, named by its id: a process may be limited to short files.
 * @param nameOf - Returns a name for the line, such as the test file.
 */
export function countPackets(classes, folder, nameOf) {
  const file = join(folder, String(process.pid))
  let unread = 0
  countUnread(classes, (packets) => {
    unread += packets
  })
  const { RtspServer } = classes
  const counted = new WeakSet()
  const { close } = RtspServer.prototype
  RtspServer.prototype.close = function () {
    const { unicast, sendThreads } = this.stats()
    if (sendThreads.length > 0 && !counted.has(this)) {
      counted.add(this)
      const byThreads = sendThreads.reduce((sum, { packetsOut }) => sum + packetsOut, 0)
      appendFileSync(file, `${unicast.packetsOut} ${byThreads} ${unread} ${nameOf()}\n`)
      unread = 0
    }
    return close.call(this)
  }
}

/** Returns the table of connections and the slot in it, if send threads may serve the viewer. */
function placeOf({ carrier: { direct } }) {
  return direct?.sends.threads ? direct : undefined
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
