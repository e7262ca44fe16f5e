// Makes every server of a process send through one thread, from the first viewer on, and counts its packets. For
// `npm run test:threads`: the tests load the module, and so do the processes that they start, by `--import`.
import { basename } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { RtspServer } from '../../../packages/rtspool/lib/index.js'
import { InterleavedGroup, sendThreadDefaults } from '../../../packages/rtspool/lib/internals.js'
import { countPackets } from '../../../packages/rtspool/test/support/packets-of-loop.mjs'

const { TEST_SEND_THREADS: countsFile } = process.env
const isCounting = Symbol.for('rtspool.test.countsPackets')
if (countsFile !== undefined && isMainThread && !RtspServer[isCounting]) {
  RtspServer[isCounting] = true
  Object.assign(sendThreadDefaults, {
    ...{ handOverFrom: 1, minThreads: 1, startsEarly: true },
    stallMs: 60_000,
  })
  countPackets({ RtspServer, InterleavedGroup }, countsFile, () => basename(process.argv[1] ?? ''))
}
