// Makes every server of a process send through one thread, from the first viewer on, and counts its packets. For
// `npm run test:threads`: the tests load the module, and so do the processes that they start, by `--import`.
import { basename } from 'node:path'
import { isMainThread } from 'node:worker_threads'

const { TEST_SEND_THREADS: countsFolder } = process.env
const isCounting = Symbol.for('rtspool.test.countsPackets')
/** True for npm, compilers and bundlers: they start no server, and a build replaces the library while they run. */
const isTool = /[\\/]node_modules[\\/](?!vitest|rtspool|\.bin)/.test(process.argv[1] ?? '')

if (countsFolder !== undefined && isMainThread && !isTool) await sendByThreads()

async function sendByThreads() {
  const library = '../../../packages/rtspool/lib'
  const { RtspServer } = await import(`${library}/index.js`)
  if (RtspServer[isCounting]) return
  RtspServer[isCounting] = true
  const { InterleavedGroup, sendThreadDefaults } = await import(`${library}/internals.js`)
  Object.assign(sendThreadDefaults, {
    ...{ handOverFrom: 1, minThreads: 1, startsEarly: true },
    stallMs: 60_000,
  })
  const { countPackets } = await import(
    '../../../packages/rtspool/test/support/packets-of-loop.mjs'
  )
  countPackets({ RtspServer, InterleavedGroup }, countsFolder, () =>
    basename(process.argv[1] ?? ''),
  )
}
