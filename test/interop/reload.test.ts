import { afterAll, expect, it } from 'vitest'
import type { ApiClient } from '../../packages/rtspool-server/test/api/api-client.js'
import { connectToApi } from './support/api-command.js'
import { ConfiguredCommand } from './support/configured-command.js'
import { Peer } from './support/peer.js'
import { endPrograms, until } from './support/process.js'
import { testClip } from './support/server.js'
import { SteadyPublisher } from './support/steady-publisher.js'
import { Viewer } from './support/viewer.js'

const viewersOfEach = 25
const reloads = 20
/** Viewers of both transports, and two publishers. */
const sessions = 2 * viewersOfEach + 2
const paths = ['/live/a', '/live/b']

afterAll(endPrograms)

const basic = (password: string) =>
  `Authorization: Basic ${Buffer.from(`cam:${password}`).toString('base64')}`

/** Bans that there may be at a time. */
const maxBansOf = (turn: number): number => (turn % 2 === 1 ? 1 : 2)
const levelOf = (turn: number): string => (turn % 2 === 1 ? 'debug' : 'info')

/** A configuration that differs from the one before in five live values; the file of users is the sixth. */
function textOf(turn: number, more = ''): string {
  const isOdd = turn % 2 === 1
  const lines = [
    'rtsp: { host: 127.0.0.1, port: 0, udpPorts: 20000-20100 }',
    'auth: { usersFile: users, publicRead: true, basic: always }',
    `limits: { maxSessions: ${isOdd ? sessions : sessions + 10}, maxSessionsPerAddress: 0 }`,
    `viewers: { slowReaderTimeout: ${10 + turn} }`,
    `log: { level: ${levelOf(turn)} }`,
    `bans: { maxBans: ${maxBansOf(turn)} }`,
    'api: { port: 0, tokensFile: tokens.json }',
    isOdd ? `paths: { /clip: { file: ${testClip} } }` : 'paths: {}',
  ]
  return `${lines.join('\n')}\n${more}`
}

const usersOf = (turn: number) => `cam:secret${turn}\n`

async function statusOf(url: string, method: string, headers: string[] = [], body = '') {
  const peer = await Peer.connect(url)
  const response = await peer.ask(method, '', headers, body)
  await peer.close()
  return response.slice('RTSP/1.0 '.length, 'RTSP/1.0 '.length + 3)
}

/** Bans users until no more fit, and lets them in again. @returns The number of those that fit. */
async function fittingBans(api: ApiClient): Promise<number> {
  const added: string[] = []
  for (let n = 0; n < 3; n++) {
    const { status, body } = await api.call('addBan', { body: { user: `stranger${n}` } })
    if (status === 200) added.push(body.publicId)
  }
  for (const publicId of added) await api.call('removeBan', { params: { publicId } })
  return added.length
}

async function keyOf(api: ApiClient, name: string): Promise<unknown> {
  const { body } = await api.call('getConfig')
  return body.keys.find(({ key }: { readonly key: string }) => key === name)?.value
}

/** Asks the running server for the values that a configuration sets. */
async function readBack(url: string, api: ApiClient, turn: number) {
  const setup = await Peer.connect(`${url}/live/a`)
  const transport = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1'
  const newcomer = await setup.ask('SETUP', '/trackID=0', [transport])
  await setup.close()
  const publish = (password: string) =>
    statusOf(
      `${url}/live/a`,
      'ANNOUNCE',
      [basic(password), 'Content-Type: application/sdp'],
      'v=0\r\n',
    )
  return {
    newcomer: newcomer.slice(9, 12),
    clip: await statusOf(`${url}/clip`, 'DESCRIBE'),
    user: (await publish(`secret${turn}`)) === '401' ? 'refused' : 'known',
    bans: await fittingBans(api),
    level: await keyOf(api, 'log.level'),
    slowReaderTimeout: await keyOf(api, 'viewers.slowReaderTimeout'),
  }
}

const valuesOf = (turn: number) => ({
  newcomer: turn % 2 === 1 ? '503' : '200',
  clip: turn % 2 === 1 ? '200' : '404',
  user: 'known',
  bans: maxBansOf(turn),
  level: levelOf(turn),
  slowReaderTimeout: 10 + turn,
})

/** Watches a path, and keeps the sequence numbers. */
async function watch(url: string, transport: 'tcp' | 'udp') {
  const numbers: number[] = []
  const viewer = await Viewer.join(url, transport, (packet) => {
    numbers.push(packet.readUInt16BE(2))
  })
  return { viewer, numbers, path: new URL(url).pathname, transport }
}

/** Returns the numbers that are missing between the first and the last. */
function missingIn(numbers: readonly number[], last: number): number[] {
  const [first = last + 1] = numbers
  const seen = new Set(numbers)
  const wanted = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  return wanted.filter((number) => !seen.has(number))
}

it(`${reloads} reloads cost 50 viewers no packet, and two more change nothing`, async () => {
  const files = { users: usersOf(0) }
  const command = await ConfiguredCommand.start(textOf(0), [], {}, files)
  const { url } = command
  const api = await connectToApi(command.program)
  const publishers = await Promise.all(
    paths.map((path) => SteadyPublisher.start(`${url}${path}`, [basic('secret0')])),
  )
  const viewers: Awaited<ReturnType<typeof watch>>[] = []
  for (let index = 0; index < 2 * viewersOfEach; index++) {
    const path = paths[Math.floor(index / 2) % 2]
    viewers.push(await watch(`${url}${path}`, index % 2 === 0 ? 'tcp' : 'udp'))
  }
  await until(() => viewers.every(({ numbers }) => numbers.length > 0))
  for (let turn = 1; turn <= reloads; turn++) {
    command.replace(usersOf(turn), 'users')
    command.replace(textOf(turn))
    if (turn % 4 < 2) command.program.kill('SIGHUP')
    const { changed = [] } = await command.line('configuration reloaded', turn)
    expect(changed).toEqual(
      expect.arrayContaining(['users and rights', 'limits.maxSessions', 'paths', 'log.level']),
    )
    expect(changed).toContain('bans.maxBans')
    expect(await readBack(url, api, turn)).toEqual(valuesOf(turn))
  }
  // Once, because the response to a wrong password is slow on purpose.
  const former = [basic(`secret${reloads - 1}`), 'Content-Type: application/sdp']
  expect(await statusOf(`${url}/live/a`, 'ANNOUNCE', former, 'v=0\r\n')).toBe('401')
  // The time to live of multicast cannot change; a word is misspelt. Nothing else of these files changes either.
  command.replace(textOf(reloads + 1, 'multicast: { ttl: 9 }\n'))
  await command.line('configuration not reloaded, the one before stays')
  expect(await readBack(url, api, reloads)).toEqual(valuesOf(reloads))
  command.replace(textOf(reloads + 1, 'limit: { maxSessions: 1 }\n'))
  await command.line('configuration not reloaded, the one before stays', 2)
  expect(await readBack(url, api, reloads)).toEqual(valuesOf(reloads))

  for (const publisher of publishers) publisher.pause()
  const lastOf = (path: string) => publishers[paths.indexOf(path)]?.last ?? 0
  await until(() => viewers.every(({ numbers, path }) => numbers.at(-1) === lastOf(path)))
  const gaps = viewers.flatMap(({ numbers, path, transport }) => {
    const missing = missingIn(numbers, lastOf(path))
    return missing.length === 0 ? [] : [{ path, transport, missing }]
  })
  expect(gaps).toEqual([])
  expect(viewers.length).toBe(2 * viewersOfEach)
  for (const { viewer } of viewers) await viewer.leave('close')
  for (const publisher of publishers) await publisher.close()
  expect(await command.stop()).toBe(0)
}, 60_000)
