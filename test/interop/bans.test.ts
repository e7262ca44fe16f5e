import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it } from 'vitest'
import { ConfiguredCommand } from './support/configured-command.js'
import { Peer } from './support/peer.js'
import { endPrograms, until } from './support/process.js'

const commands = new Set<ConfiguredCommand>()
afterEach(async () => {
  for (const command of commands) await command.stop()
  commands.clear()
})
afterAll(endPrograms)

const configuration = [
  'rtsp: { host: 127.0.0.1, port: 0, udpPorts: 20000-20100 }',
  'auth: { usersFile: users, basic: always }',
  'bans:',
  '  file: bans.json',
  '  exempt: []',
  '  failedLogins: { enabled: true, attempts: 1 }',
  '',
].join('\n')

async function start(bans: string) {
  const files = { users: 'ann:secret\nbob:secret\n', 'bans.json': bans }
  const command = await ConfiguredCommand.start(configuration, [], {}, files)
  commands.add(command)
  return command
}

const basic = (user: string, password: string) =>
  `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

async function statusOf(url: string, login: string): Promise<string> {
  const peer = await Peer.connect(`${url}/test`)
  const response = await peer.ask('DESCRIBE', '', [login])
  await peer.close()
  return response.slice('RTSP/1.0 '.length, 'RTSP/1.0 '.length + 3)
}

it('bans of the command hold after it was killed', async () => {
  const first = await start(JSON.stringify({ version: 1, bans: [banOf('ann')] }))
  expect(await statusOf(first.url, basic('ann', 'secret'))).toBe('403')
  expect(await statusOf(first.url, basic('bob', 'secret'))).toBe('200')
  expect(await statusOf(first.url, basic('bob', 'guess'))).toBe('401')
  await first.line('banned')
  const file = join(first.folder, 'bans.json')
  const saved = () => readFileSync(file, 'utf8')
  await until(() => existsSync(file) && saved().includes('failedLogins'))
  await first.program.stop('SIGKILL')
  const second = await start(saved())
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(second.url).port) })
  await once(socket.resume(), 'close')
  expect(socket.bytesRead).toBe(0)
  expect(await second.line('banned client kept out')).toMatchObject({ address: '127.0.0.1' })
})

function banOf(user: string) {
  return {
    publicId: 'A'.repeat(22),
    user,
    cause: 'added',
    createdTime: '2026-01-01T00:00:00.000Z',
    hits: 0,
  }
}
