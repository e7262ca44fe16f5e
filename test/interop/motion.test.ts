import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { endPrograms, Program, until } from './support/process.js'

const command = fileURLToPath(new URL('../../packages/rtspool-server/lib/main.js', import.meta.url))

afterAll(endPrograms)

test('the command records a camera while it sees motion', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rtspool-motion-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const camera = new Program(process.execPath, [
    ...[command, 'camera', '--port', '0', '--onvif-port', '0', '--auth', 'digest'],
    ...['--motion', '2@1'],
  ])
  const line = /(rtsp:\/\/)(\S+)\nwith ONVIF on (\S+)/
  await until(() => line.test(camera.stdout) || !camera.isRunning)
  const [, scheme, authority, onvif] = line.exec(camera.stdout) ?? []
  const config = join(folder, 'rtspool.yml')
  const pull = { url: `${scheme}admin:camera@${authority}/test`, onvif }
  const yard = { path: '/yard', folder: 'files', startSource: true, when: 'motion', keepSeconds: 0 }
  await writeFile(
    config,
    JSON.stringify({
      rtsp: { host: '127.0.0.1', port: 0 },
      sources: { '/yard': { alwaysOn: true, pull } },
      recordings: { yard },
    }),
  )
  const server = new Program(process.execPath, [
    ...[command, '--config', config, '--log-format', 'json'],
  ])
  const hasLogged = (message: string) => server.stderr.includes(`"msg":"${message}"`)
  expect(await until(() => hasLogged('recording stopped')), server.stderr).toBe(true)
  expect(['watching motion', 'motion begins', 'motion ends'].map(hasLogged)).toEqual([
    ...[true, true, true],
  ])
  const files = await readdir(join(folder, 'files'), { recursive: true })
  expect(files.filter((name) => name.endsWith('.mp4')).length).toBeGreaterThan(0)
  expect(await server.stop('SIGTERM')).toBe(0)
  expect(await camera.stop('SIGTERM')).toBe(0)
})
