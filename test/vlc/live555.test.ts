import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { streamStatsOf } from 'rtspool'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { endPrograms, Program } from '../interop/support/process.js'
import { requirePrograms } from '../interop/support/programs.js'
import { type RunningLibrary, startServer } from '../interop/support/server.js'

const certificates = new URL('../../packages/rtspool/test/support/certificates/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, certificates))
const hasOpenRtsp = spawnSync('openRTSP', { encoding: 'utf8' }).stderr?.includes('Usage') ?? false

describe('openRTSP (live555) over TLS, with keys that have an index', { tags: 'R-4' }, () => {
  let running: RunningLibrary
  beforeEach(async () => {
    const certificate = { key: read('first.key.pem'), cert: read('first.cert.pem') }
    running = await startServer({ tls: { port: 0, ...certificate } })
  })
  afterEach(() => running.close())
  afterAll(endPrograms)

  test.for(['udp', 'tcp'] as const)('plays for 9 s over %s', async (transport, context) => {
    if (!hasOpenRtsp) context.skip('no openRTSP is on the PATH; npm run test:players brings one')
    requirePrograms(context, 'ffprobe')
    let hasReported = false
    const directory = await mkdtemp(join(tmpdir(), 'rtspool-live555-'))
    try {
      const url = `rtsps://127.0.0.1:${running.server.tlsAddress().port}/test`
      const option = transport === 'tcp' ? ['-t'] : []
      const player = new Program('openRTSP', [
        ...[...option, '-V', '-d', '9', '-F', join(directory, 'of-'), url],
      ])
      const looking = setInterval(() => {
        for (const session of running.server.pool.values()) {
          if (streamStatsOf(session).some(({ reception }) => reception)) hasReported = true
        }
      }, 100)
      // Inside TLS it does not see the answer to its TEARDOWN, and would wait for ever.
      const status = await player.ended(13_000)
      clearInterval(looking)
      expect(status, player.stderr).toBe(transport === 'tcp' ? 'timeout' : 0)
      const file = (await readdir(directory)).find((name) => name.includes('H264'))
      expect(await picturesIn(join(directory, file ?? 'none'))).toBeGreaterThanOrEqual(175)
      // Its reports have the index as well, and were authentic.
      expect(hasReported).toBe(true)
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})

async function picturesIn(file: string): Promise<number> {
  const reader = new Program('ffprobe', [
    ...['-v', 'error', '-count_frames', '-show_entries', 'stream=nb_read_frames'],
    ...['-of', 'csv=p=0', file],
  ])
  await reader.ended(20_000)
  return Number(reader.stdout)
}
