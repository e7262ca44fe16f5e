// Makes every server of a process send through one thread, from the first viewer on, and counts its packets. For
// `npm run test:threads`: the tests load the module, and so do the processes that they start, by `--import`.
import { appendFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { RtspServer } from '../../../packages/rtspool/dist/index.js'
import { sendThreadDefaults } from '../../../packages/rtspool/dist/transport/threads/create-send-threads.js'

const { RTSPOOL_TEST_SEND_THREADS: countsFile } = process.env
if (countsFile !== undefined && isMainThread) {
  Object.assign(sendThreadDefaults, {
    ...{ handOverFrom: 1, minThreads: 1, startsEarly: true },
    stallMs: 60_000,
  })
  countPackets(countsFile)
}

/** Appends a line for each server that closes: RTP packets to unicast viewers, and those that threads have sent. */
function countPackets(file) {
  const counted = new WeakSet()
  const { close } = RtspServer.prototype
  RtspServer.prototype.close = function () {
    if (!counted.has(this)) {
      counted.add(this)
      const { unicast, sendThreads } = this.stats()
      const byThreads = sendThreads.reduce((sum, { packetsOut }) => sum + packetsOut, 0)
      if (sendThreads.length > 0) appendFileSync(file, `${unicast.packetsOut} ${byThreads}\n`)
    }
    return close.call(this)
  }
}
