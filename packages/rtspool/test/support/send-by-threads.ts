import { appendFileSync } from 'node:fs'
import { basename } from 'node:path'
import { expect } from 'vitest'
import type { RtspServer } from '../../src/index.js'
import { sendThreadDefaults } from '../../src/transport/threads/create-send-threads.js'

const { RTSPOOL_TEST_SEND_THREADS: countsFile = '' } = process.env

/** Makes every server send through one thread, from the first viewer on; for `npm run test:threads`. */
export function sendByThreads(): void {
  Object.assign(sendThreadDefaults, {
    handOverFrom: 1,
    minThreads: 1,
    startsEarly: true,
    stallMs: 1e9,
  })
}

/**
 * Appends a line to the file of the run: RTP packets of a server to unicast viewers, those of
 * them that threads have sent, and the test file.
 */
export function countThreadPackets(server: RtspServer): void {
  if (countsFile === '') return
  const { unicast, sendThreads } = server.stats()
  if (sendThreads.length === 0) return
  const byThreads = sendThreads.reduce((sum, { packetsOut }) => sum + packetsOut, 0)
  const { testPath = '' } = expect.getState()
  appendFileSync(countsFile, `${unicast.packetsOut} ${byThreads} ${basename(testPath)}\n`)
}
