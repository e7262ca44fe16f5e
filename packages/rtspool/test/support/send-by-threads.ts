import { basename } from 'node:path'
import { expect } from 'vitest'
import { sendThreadDefaults } from '../../src/transport/threads/create-send-threads.js'
import { countPackets } from './packets-of-loop.mjs'

let isCounting = false

/**
 * Makes every server send through one thread, from the first viewer on; for `npm run test:threads`. Idempotent.
 *
 * @param countsFolder - Folder for the packets of each server; see {@link countPackets}.
 */
export async function sendByThreads(countsFolder: string): Promise<void> {
  Object.assign(sendThreadDefaults, {
    handOverFrom: 1,
    minThreads: 1,
    startsEarly: true,
    stallMs: 1e9,
  })
  if (isCounting) return
  isCounting = true
  const [{ RtspServer }, { InterleavedGroup }] = await Promise.all([
    import('../../src/index.js'),
    import('../../src/media/fan-out/interleaved-group.js'),
  ])
  const classes = { RtspServer, InterleavedGroup }
  countPackets(classes, countsFolder, () => basename(expect.getState().testPath ?? ''))
}
