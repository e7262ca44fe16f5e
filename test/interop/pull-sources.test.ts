import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ApiCommand } from './support/api-command.js'
import { ConfiguredCommand } from './support/configured-command.js'
import { numberedPictures, readNumbers } from './support/lamps.js'
import { mediaFilesForTests } from './support/media-files.js'
import { requirePrograms } from './support/programs.js'

const files = mediaFilesForTests()

const camera = [
  ...['ffmpeg', '-nostdin', '-v', 'error', '-re', '-f', 'lavfi', '-i', numberedPictures],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '25'],
  ...['-f', 'mpegts', '-'],
]
const cameraConfig = `rtsp: { port: 0, host: 127.0.0.1 }
log: { format: json }
auth: { rules: [{ path: /*, read: authenticated }] }
sources: ${JSON.stringify({ '/cam': { exec: { command: camera } } })}
`
const users = { RTSPOOL_USERS: 'ann:canary-of-camera' }

test('a camera that the API adds is pulled with its password, and ffmpeg decodes each picture', async (context) => {
  requirePrograms(context, 'ffmpeg')
  const upstream = await ConfiguredCommand.start(cameraConfig, [], users)
  const command = await ApiCommand.start([], {
    config: 'api: { sourceNetworks: [127.0.0.0/8] }\nlog: { level: trace }',
  })
  const body = {
    ...{ path: '/yard', url: `${upstream.url}/cam`, username: 'ann' },
    ...{ password: 'canary-of-camera', transport: 'tcp' },
  }
  expect((await command.api.call('addSource', { body })).status).toBe(200)
  const path = files.pathOf('pulled.raw')
  const url = `${command.rtspUrl}/yard`
  const { pictures, errors } = await readNumbers({ url, count: 30, path })
  const { body: listed } = await command.api.call('listSources')
  const config = readFileSync(join(command.folder, 'rtspool.yml'), 'utf8')
  const shown = [command.printed, JSON.stringify(listed), config].join('\n')
  await Promise.all([command.stop(), upstream.stop()])
  expect(errors).toEqual([])
  expect(listed.sources).toMatchObject([{ path: '/yard', state: 'playing', transport: 'tcp' }])
  expect(shown).not.toContain('canary')
  const [first, ...later] = pictures.slice(1)
  expect(later).toHaveLength(28)
  for (const [at, { index, ticks }] of later.entries()) {
    expect(index - (first?.index ?? 0)).toBe(at + 1)
    expect(Math.abs(ticks - (first?.ticks ?? 0) - (at + 1) * 3600)).toBeLessThanOrEqual(1)
  }
}, 60_000)
