import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { nextTurn, until } from '../../packages/rtspool/test/support/until.js'
import {
  apiUser,
  expectEverySuccess,
} from '../../packages/rtspool-server/test/api/call-everything.js'
import { expectEveryError } from '../../packages/rtspool-server/test/api/provoke-errors.js'
import { EventReader } from '../../packages/rtspool-server/test/events/event-reader.js'
import { recordFiles } from '../../packages/rtspool-server/test/recording/support/recorded-files.js'
import { ApiCommand, type ApiCommandOptions } from './support/api-command.js'
import { OpusPublisher, playOpus } from './support/opus-publisher.js'
import { Peer } from './support/peer.js'
import { endPrograms } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { publishFile } from './support/publishers.js'
import { testClip } from './support/server.js'
import { WebhookReceiver } from './support/webhook-receiver.js'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})
afterAll(endPrograms)

async function start(...args: Parameters<typeof ApiCommand.start>): Promise<ApiCommand> {
  const command = await ApiCommand.start(...args)
  ends.push(() => command.stop())
  return command
}

async function published(command: ApiCommand, path = '/live/door'): Promise<OpusPublisher> {
  const publisher = await OpusPublisher.start(command.rtspUrl + path)
  ends.push(() => publisher.close())
  publisher.send(1)
  return publisher
}

async function played(command: ApiCommand, path = '/live/door'): Promise<Peer> {
  const viewer = await playOpus(command.rtspUrl + path)
  ends.push(() => viewer.close())
  return viewer
}

async function receiver(): Promise<WebhookReceiver> {
  const started = await WebhookReceiver.start()
  ends.push(() => started.close())
  return started
}

async function events(...args: Parameters<typeof EventReader.open>): Promise<EventReader> {
  const reader = await EventReader.open(...args)
  ends.push(() => reader.close())
  return reader
}

/** Settings of a command with {@link apiUser} and the recording `all`, which has files of 10 s and of 2 s. */
async function withRecording(): Promise<ApiCommandOptions> {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-recorded-'))
  ends.push(() => rmSync(folder, { recursive: true }))
  await recordFiles(folder, { seconds: 12 })
  return {
    env: { RTSPOOL_USERS: apiUser.users },
    config: `${apiUser.config}\nrecordings: { all: { path: /recorded, folder: '${folder}' } }`,
  }
}

/** Publishes pictures, and waits until the first one can be had. */
async function publishedPictures(command: ApiCommand, path: string): Promise<void> {
  const publisher = publishFile({ url: command.rtspUrl + path, file: testClip })
  ends.push(() => publisher.stop())
  const query = { path, format: 'mp4' }
  const status = async () => (await command.api.send('getSnapshot', { query })).status
  await expect.poll(status, { timeout: 30_000 }).toBe(200)
}

/** Errors that need a source which the test feeds itself, a slow reader or a slow converter: the unit layer provokes them. */
const errorsElsewhere = [
  ...['getSnapshot', 'getMediaSnapshot'].flatMap((operation) =>
    ['conflict', 'no-jpeg', 'no-key-frame', 'no-picture', 'too-many'].map(
      (problem) => `${operation} ${problem}`,
    ),
  ),
  ...['exportRecording too-many', 'playRecording too-many'],
  ...['changeSource conflict', 'removeSource conflict'],
  'login login-unavailable',
]

describe('a client made from the document of the real command', () => {
  it('calls every operation', { timeout: 120_000 }, async (context) => {
    requirePrograms(context, 'ffmpeg')
    const command = await start(['--live-port', '0'], await withRecording())
    await publishedPictures(command, '/live/pictures')
    await published(command)
    await played(command)
    await expectEverySuccess(command.api, '/live/pictures')
    await expect(command.program.stop('SIGTERM')).resolves.toBe(0)
  })

  it('sees every error', { timeout: 120_000 }, async () => {
    const command = await start([], await withRecording())
    await published(command)
    await played(command)
    await expectEveryError(command, errorsElsewhere)
  })
})

describe('the first token', { tags: 'B-SECR' }, () => {
  it('is printed once, and kept as a hash', async () => {
    const first = await start(['--log-level', 'trace'])
    const token = first.adminToken
    expect(first.printedToken).toMatch(/^rtspool_[\w-]{43}$/)
    const file = join(first.folder, 'rtspool-tokens.json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).not.toContain(token)
    expect(await first.program.stop('SIGTERM')).toBe(0)
    expect(first.program.stderr).not.toContain(token)
    const second = await start([], { folder: first.folder, token })
    expect(second.printedToken).toBeUndefined()
    expect((await second.api.call('getHealth')).status).toBe(200)
    expect((await second.api.call('getHealth', { token: '' })).status).toBe(401)
  })
})

describe('the API', () => {
  it('responds while the RTSP side has all the descriptors that it may have', async () => {
    // 512 descriptors less the 64 that the library leaves to others. Node opens some 300 modules at once.
    const within = ['sh', '-c', 'ulimit -n 512; exec "$@"', 'sh']
    const { api, rtspUrl } = await start([], { within })
    expect((await api.call('getLimits')).body.maxConnections).toBe(448)
    const { port } = new URL(rtspUrl)
    for (let n = 0; n < 500; n++) idle(Number(port))
    let stats = (await api.call('getStats')).body
    const look = async () => {
      stats = (await api.call('getStats')).body
    }
    await until(() => stats.refusedConnections > 0, look)
    expect(stats.connections).toBeLessThanOrEqual(448)
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.call('listSessions')))
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect((await api.call('getReady')).status).toBe(503)
  })

  it('reports a used port in one line, and ends', async () => {
    const { url } = await start()
    const { port } = new URL(url)
    await expect(ApiCommand.start(['--api-port', port])).rejects.toThrow(
      `error: port ${port} is in use already (on 127.0.0.1); choose another --api-port`,
    )
  })

  it('takes its settings from a file of configuration', async () => {
    const hook = await receiver()
    const text = [
      'api: { host: 127.0.0.1, tokensFile: tokens/api.json, mediaDownAfter: 3 }',
      `webhooks: { urls: ['${hook.url}'], types: [limitsChanged], secretFile: hook.key }`,
    ].join('\n')
    const { folder } = await start()
    writeFileSync(join(folder, 'rtspool.yml'), text)
    writeFileSync(join(folder, 'hook.key'), 'key-of-the-file\n')
    await expect(ApiCommand.start([], { folder })).rejects.toThrow(/tokens\/api\.json/)
    writeFileSync(join(folder, 'rtspool.yml'), text.replace('tokens/api', 'api'))
    const { api } = await start([], { folder })
    expect(statSync(join(folder, 'api.json')).mode & 0o777).toBe(0o600)
    await api.call('changeLimits', { body: { maxSessions: 7 } })
    await until(() => hook.events.length === 1)
    expect(signatureFits(hook, 'key-of-the-file')).toBe(true)
  })
})

/** Opens a connection that sends nothing. */
function idle(port: number): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  ends.push(() => socket.destroy())
  return socket
}

/** True if the first request that a receiver accepted has the right signature. */
function signatureFits({ requests }: WebhookReceiver, secret: string): boolean {
  const [request] = requests.filter(({ status }) => status < 300)
  const { headers, body = '' } = request ?? {}
  const signed = `${headers?.['webhook-id']}.${headers?.['webhook-timestamp']}.${body}`
  const signature = createHmac('sha256', secret).update(signed).digest('base64')
  return headers?.['webhook-signature'] === `v1,${signature}`
}

/** Causes every event but the loss of events. */
async function causeEveryEvent(command: ApiCommand, reader: EventReader): Promise<void> {
  const { api } = command
  const viewer = await Peer.connect(`${command.rtspUrl}/program`)
  ends.push(() => viewer.close())
  expect(await viewer.ask('DESCRIBE')).toMatch(/^RTSP\/1\.0 50/)
  await reader.next('sourceStateChanged')
  const publisher = await published(command)
  const slow = await played(command)
  slow.pause()
  await until(
    () => reader.types.includes('viewerFellBehind'),
    async () => {
      publisher.send(200)
      await nextTurn(10)
    },
  )
  slow.resume()
  await until(
    () => reader.types.includes('viewerCaughtUp'),
    async () => {
      publisher.send(1)
      await nextTurn(10)
    },
  )
  await reader.next('mediaDown')
  publisher.send(1)
  await reader.next('mediaUp')
  await api.call('changeConfig', { body: { changes: { 'sessions.idleTimeout': 30 } } })
  // The heap of every process is above this pressure.
  const save = { 'overload.saveAbove': 0.0001 }
  await api.call('changeConfig', { body: { changes: save } })
  await reader.next('pressureChanged')
  const calm = { 'overload.saveAbove': null, 'overload.calmSeconds': 0 }
  await api.call('changeConfig', { body: { changes: calm } })
  await until(() => reader.types.filter((type) => type === 'pressureChanged').length === 2)
  writeFileSync(join(command.folder, 'rtspool.yml'), 'log: { level: loud }')
  expect((await api.call('reloadConfig')).status).toBe(400)
  await reader.next('configRefused')
  await api.call('changeLimits', { body: { maxSessions: 3 } })
  const third = await played(command)
  await reader.next('limitNear')
  const refused = await Peer.connect(`${command.rtspUrl}/live/door`)
  ends.push(() => refused.close())
  const transport = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1'
  expect(await refused.ask('SETUP', '/trackID=0', [transport])).toMatch(/^RTSP\/1\.0 503/)
  await reader.next('sessionRefused')
  await third.request('PAUSE')
  const ban = await api.call('addBan', { body: { path: '/live/*' } })
  expect(await refused.ask('SETUP', '/trackID=0', [transport])).toMatch(/^RTSP\/1\.0 403/)
  await reader.next('banHit')
  await api.call('removeBan', { params: { publicId: ban.body.publicId } })
  const share = await api.call('createShare', { body: { path: '/live/door' } })
  await api.call('revokeShare', { params: { id: share.body.id } })
  await publisher.close()
  await reader.next('mediaEnded')
  await reader.next('recordingStopped')
  const range = { path: '/live/door', from: '2001-01-01T00:00:00Z', to: '2999-01-01T00:00:00Z' }
  await api.call('deleteSegments', { params: { name: 'all' }, query: range })
  await reader.next('segmentRemoved')
}

/**
 * Drains a server, which accepts no clients afterwards.
 *
 * @returns Types of the events that a client of the stream and a receiver, which fails twice, have seen.
 */
async function causeDrain(): Promise<string[]> {
  const hook = await receiver()
  const command = await start(['--webhook', hook.url, '--drain-seconds', '5', ...watchful])
  await published(command)
  await played(command)
  const reader = await events(command.api, { query: { types: 'drainStarted,sessionRemoved' } })
  await until(() => hook.events.filter(({ state }) => state === 'Playing').length === 1)
  hook.nextStatuses.push(500, 503)
  const exited = command.program.stop('SIGTERM', 15_000)
  expect((await reader.next('drainStarted')).data).toMatchObject({ seconds: 5, sessions: 2 })
  await until(() => hook.events.some(({ type }) => type === 'drainStarted'))
  expect(await exited).toBe(0)
  await reader.ended
  expect(reader.events.map(({ data }) => data.reason)).toEqual([undefined, 'drained', 'drained'])
  return reader.types
}

/** Publishes more events than are kept. */
async function floodEvents({ api }: ApiCommand): Promise<void> {
  const patch = () => api.send('changeLimits', { body: { maxSessions: 100 } })
  for (let n = 0; n < 500; n += 4) {
    const responses = await Promise.all(Array.from({ length: 4 }, patch))
    await Promise.all(responses.map((response) => response.arrayBuffer()))
  }
}

/** Two recordings, a folder of the second that cannot be made, and a program that does not exist. */
const recordingsAndSource = `
sources: { /program: { exec: { command: [./no-such-program] } } }
recordings:
  all: { path: /live/*, folder: recorded }
  wrong: { path: /live/*, folder: rtspool.yml/none }
`

const watchful = [
  ...['--live-port', '0'],
  ...['--media-down-after', '1', '--set', 'viewers.maxBacklogBytes=65536'],
  ...[
    '--set',
    'viewers.slowReaderTimeout=0',
    '--set',
    'api.keptEvents=400',
    '--no-test',
    '--log-level',
    'error',
  ],
]

describe('events', () => {
  it('are all sent as they happen, and after a break from the last one on; webhooks that fail twice receive the same', {
    timeout: 120_000,
  }, async () => {
    const drained = await causeDrain()
    const hook = await receiver()
    hook.nextStatuses.push(500, 503)
    const env = { RTSPOOL_WEBHOOK_SECRET: 'secret' }
    const command = await start(['--webhook', hook.url, ...watchful], {
      env,
      config: recordingsAndSource,
    })
    const { api } = command
    const reader = await events(api)
    await causeEveryEvent(command, reader)
    const { body } = await api.call('getDocument')
    const all = new Set<string>(body.components.schemas.Event.properties.type.enum)
    all.delete('eventsLost')
    expect(new Set([...reader.types, ...drained])).toEqual(all)

    const known = reader.events.map(({ id }) => id)
    await until(() => hook.events.length === known.length)
    expect(hook.events.map(({ id }) => id)).toEqual(known)
    expect(hook.requests.slice(0, 3).map(({ status }) => status)).toEqual([500, 503, 204])
    expect(
      new Set(hook.requests.slice(0, 3).map(({ headers }) => headers['webhook-id'])).size,
    ).toBe(1)
    expect(signatureFits(hook, 'secret')).toBe(true)

    await reader.close()
    const middle = known[Math.floor(known.length / 2)] ?? ''
    const again = await events(api, { headers: { 'last-event-id': middle } })
    const rest = known.slice(known.indexOf(middle) + 1)
    await until(() => again.events.length === rest.length)
    expect(again.events.map(({ id }) => id)).toEqual(rest)
    await again.close()

    const open = hook.hold()
    await floodEvents(command)
    open()
    await until(() => hook.events.some(({ type }) => type === 'eventsLost'))
    const late = await events(api, { headers: { 'last-event-id': middle } })
    expect((await late.next('eventsLost')).data.count).toBeGreaterThan(rest.length)
  })
})
