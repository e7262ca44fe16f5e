import { afterEach, expect, test } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { makeFlashes } from './support/flashes.js'
import { MediaFiles } from './support/media-files.js'
import { expectSteady, startRecordings, viewersOf, watched } from './support/outage-viewers.js'
import { endPrograms, until } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import { publishFile } from './support/publishers.js'
import { published, type RunningLibrary, startServer } from './support/server.js'

let running: RunningLibrary | undefined
let files: MediaFiles | undefined

afterEach(async () => {
  await endPrograms()
  await running?.close()
  await files?.remove()
})

const awayMs = 1200

test('ffmpeg and GStreamer watch through three outages of their publisher', async (context) => {
  requirePrograms(context, 'ffmpeg', ...gstreamerPlayer)
  files = await MediaFiles.create()
  const file = await makeFlashes(files)
  running = await startServer({ publisherGraceSeconds: 30 })
  const { server } = running
  const url = `${running.url}/live/cam`
  const reasons: string[] = []
  let publisher = publishFile({ url, file })
  await published(server, '/live/cam')
  const recordings = startRecordings(url, files)
  expect(await until(() => viewersOf(server).length === 2)).toBe(true)
  const viewers = viewersOf(server)
  server.pool.on('sessionRemoved', (session, reason) => {
    if (viewers.includes(session)) reasons.push(reason)
  })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) {
    await watched(server)
    const ended = new Promise((resolve) => server.once('publishEnded', resolve))
    await publisher.stop(signal)
    await ended
    await settle(awayMs, 'viewers wait for the publisher meanwhile')
    publisher = publishFile({ url, file })
    await published(server, '/live/cam')
  }
  await watched(server)
  expect(reasons).toEqual([])
  await expectSteady(recordings)
})
