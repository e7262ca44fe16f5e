import { type RelayMedia, relayMedia } from 'rtspool/relay'
import { afterEach, expect, test } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { startFileCamera } from './support/file-camera.js'
import { makeFlashes } from './support/flashes.js'
import { MediaFiles } from './support/media-files.js'
import { expectSteady, startRecordings, viewersOf, watched } from './support/outage-viewers.js'
import { endPrograms, until } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import { type RunningLibrary, startServer } from './support/server.js'

let running: RunningLibrary | undefined
let relay: RelayMedia | undefined
let files: MediaFiles | undefined

afterEach(async () => {
  await endPrograms()
  await running?.close()
  await relay?.close()
  await files?.remove()
})

const awayMs = 1200
/** The camera sends each frame of sound in a packet of its own. */
const packetsOfTwoSeconds = 2 * (25 + 47)

test('ffmpeg and GStreamer watch through three restarts of a camera', async (context) => {
  requirePrograms(context, 'ffmpeg', ...gstreamerPlayer)
  files = await MediaFiles.create()
  const file = await makeFlashes(files)
  let camera = await startFileCamera(file)
  running = await startServer()
  const { server } = running
  relay = relayMedia(camera.url, { backoff: { firstSeconds: 0.2 }, onAway: { holdSeconds: 30 } })
  server.mounts.add('/cam', relay)
  const reasons: string[] = []
  server.pool.on('sessionRemoved', (_, reason) => reasons.push(reason))
  const recordings = startRecordings(`${running.url}/cam`, files)
  expect(await until(() => viewersOf(server).length === 2)).toBe(true)
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
    await watched(server, packetsOfTwoSeconds)
    await camera.program.stop(signal)
    await settle(awayMs, 'viewers wait for the camera meanwhile')
    expect(relay.status.state).not.toBe('playing')
    camera = await startFileCamera(file, camera.port)
  }
  await watched(server, packetsOfTwoSeconds)
  expect(relay.status).toMatchObject({ state: 'playing', attempts: 0 })
  expect(reasons).toEqual([])
  await expectSteady(recordings)
})
