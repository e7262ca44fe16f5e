import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { until } from '../../packages/rtspool/test/support/until.js'
import { rawRequest } from '../../packages/rtspool-server/test/api/raw-request.js'
import { EventReader } from '../../packages/rtspool-server/test/events/event-reader.js'
import { LiveBrowser } from '../../packages/rtspool-server/test/live/support/live-server.js'
import { ApiCommand } from './support/api-command.js'
import { Peer } from './support/peer.js'
import { endPrograms, Program } from './support/process.js'
import { WebhookReceiver } from './support/webhook-receiver.js'

const main = fileURLToPath(new URL('../../packages/rtspool-server/lib/main.js', import.meta.url))
const crash = new URL('support/crash-on-signal.mjs', import.meta.url)
const certificates = new URL('../../packages/rtspool/test/support/certificates/', import.meta.url)
const pem = (name: string): string => readFileSync(new URL(name, certificates), 'utf8')

const config = [
  'auth:',
  '  usersFile: users.yml',
  '  basic: always',
  '  rules: [{ path: /*, read: anyone, publish: anyone }]',
  '  api: [{ role: operator, users: [ann] }]',
  'tls: { port: 0, keyFile: key.pem, certFile: cert.pem }',
  'live: { port: 0 }',
  'log: { level: trace }',
  'sources:',
  '  /program:',
  '    alwaysOn: true',
  '    exec:',
  '      command: [sh, -c, \'echo "open $1, key $KEY" >&2\', sh, rtsp://ann:canary-in-argument@host]',
  '      environment: { KEY: canary-of-program }',
  '',
].join('\n')

/** Secrets that the test chooses, one of each kind. */
const chosen = {
  passwordOfFile: 'canary-of-file',
  passwordOfEnvironment: 'canary-of-environment',
  wrongPassword: 'canary-wrong',
  passwordInUrl: 'canary-in-url',
  tokenInQuery: 'canary-in-query',
  webhookKey: 'canary-webhook-key',
  webhookPassword: 'canary-webhook-password',
  webhookQuery: 'canary-webhook-query',
  passwordInArgument: 'canary-in-argument',
  variableOfProgram: 'canary-of-program',
}

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})
afterAll(endPrograms)

/** Makes a folder with a configuration, a key, and a user who was added by the command. */
async function newFolder(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-secrets-'))
  const write = (name: string, text: string) =>
    writeFileSync(join(folder, name), text, { mode: 0o600 })
  write('rtspool.yml', config)
  write('key.pem', pem('first.key.pem'))
  write('cert.pem', pem('first.cert.pem'))
  const args = [main, 'user', 'add', 'ann', '--file', 'users.yml']
  const program = new Program(process.execPath, args, { cwd: folder, hasInput: true })
  program.endInput(`${chosen.passwordOfFile}\n`)
  expect(await program.ended(60_000)).toBe(0)
  return folder
}

/** Secrets that the command has made, or keeps in files. */
async function secretsOf(folder: string): Promise<string[]> {
  const hashes = /(?:sha256|md5|scrypt): *"?([^"\s]+)/g
  const users = readFileSync(join(folder, 'users.yml'), 'utf8')
  const ofUsers = [...users.matchAll(hashes)].map(([, hash = '']) => hash)
  expect(ofUsers.length).toBe(3)
  const [, line = ''] = pem('first.key.pem').split('\n')
  return [...ofUsers, line]
}

/** Calls the API in ways that succeed and fail. @returns Secrets that the responses had. */
async function useApi({ api, ...command }: ApiCommand): Promise<string[]> {
  const logIn = (password: string) =>
    api.call('login', { token: '', body: { user: 'ann', password } })
  const login = (await logIn(chosen.passwordOfFile)).body
  await logIn(chosen.wrongPassword)
  const misspelt = await api.send('login', { body: { user: 'ann', pass: chosen.passwordOfFile } })
  const answer = await misspelt.text()
  expect(answer).toContain('body.pass')
  expect(answer).not.toContain(chosen.passwordOfFile)
  const { body: created } = await api.call('createToken', { body: { name: 'a', role: 'viewer' } })
  const { body: ticket } = await api.call('createLiveTicket', {
    ...{ token: login.token, body: { path: '/test' } },
  })
  const { body: share } = await api.call('createShare', { body: { path: '/test' } })
  const secret = String(share.page).split('#')[1] ?? ''
  const protocols = ['rtspool.live', `share.${secret}`]
  const socket = new WebSocket(`ws://127.0.0.1:${share.port}/`, protocols)
  ends.push(() => socket.terminate())
  const browser = new LiveBrowser(socket)
  await until(() => browser.texts.length > 0 || browser.end !== undefined)
  await api.send('changeLimits', { token: secret, body: {} })
  await api.send('changeLimits', { body: { maxSessions: 'x' } })
  await rawRequest({ url: command.url, adminToken: command.adminToken }, '/v1/login', {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: `{"user":"ann","password":"${chosen.wrongPassword}"`,
  })
  return [login.token, created.token, secret, ...ticket.protocols.slice(1)]
}

/** Plays by RTSP, with credentials in each place that may have some. @returns Secrets of the session. */
async function useRtsp({ rtspUrl }: ApiCommand): Promise<string[]> {
  const peer = await Peer.connect(`${rtspUrl}/test?token=${chosen.tokenInQuery}`)
  ends.push(() => peer.close())
  const basicOf = (login: string) => Buffer.from(login).toString('base64')
  const logins = [
    basicOf(`ann:${chosen.passwordOfFile}`),
    basicOf(`bob:${chosen.passwordOfEnvironment}`),
    basicOf(`bob:${chosen.wrongPassword}`),
  ]
  for (const login of logins) await peer.ask('DESCRIBE', '', [`Authorization: Basic ${login}`])
  const transport = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1'
  const setup = await peer.request('SETUP', '/trackID=0', [transport])
  const other = await Peer.connect(rtspUrl.replace('://', `://ann:${chosen.passwordInUrl}@`))
  ends.push(() => other.close())
  await other.ask('DESCRIBE', '/test')
  await other.ask('SETUP', '/nowhere', [transport])
  const session = /^Session: *([^;\r]+)/im.exec(setup)?.[1] ?? 'no session'
  return [...logins, session]
}

/** Reads everything that the API and the pages show. */
async function everythingShown(command: ApiCommand, livePort: number): Promise<string[]> {
  const paths = Object.entries(command.api.document.paths)
    .filter(([path, item]) => 'get' in item && !/\{|events/.test(path))
    .map(([path]) => path)
  const answers = await Promise.all(['/', ...paths].map((path) => rawRequest(command, path)))
  const query = `/v1/sessions?user=${chosen.tokenInQuery}`
  const refused = await rawRequest(command, query, { method: 'PUT' })
  const shared = await fetch(`http://127.0.0.1:${livePort}/share`)
  return [
    ...[...answers, refused].map(({ headers, body }) => JSON.stringify([headers, body])),
    ...[JSON.stringify([...shared.headers]), await shared.text()],
  ]
}

describe('secrets', { tags: ['U-9', 'B-SECR', 'B-LOG', 'B-METR'] }, () => {
  it('stand in nothing that the command prints, answers, sends, keeps, or leaves after a crash', async () => {
    const hook = await WebhookReceiver.start()
    ends.push(() => hook.close())
    const folder = await newFolder()
    const { webhookPassword, webhookQuery, webhookKey, passwordOfEnvironment } = chosen
    const hookUrl = `${hook.url.replace('://', `://hook:${webhookPassword}@`)}?key=${webhookQuery}`
    const env = {
      RTSPOOL_USERS: `bob:${passwordOfEnvironment}`,
      RTSPOOL_WEBHOOK_SECRET: webhookKey,
      RTSPOOL_WEBHOOKS_URLS: hookUrl,
      NODE_OPTIONS: `--import ${crash}`,
    }
    const command = await ApiCommand.start([], { env, folder })
    ends.push(() => command.stop())
    const reader = await EventReader.open(command.api)
    ends.push(() => reader.close())
    const made = await useApi(command)
    const ofRtsp = await useRtsp(command)
    const share = await command.api.call('listShares')
    const { port } = (await command.api.call('createShare', { body: { path: '/test' } })).body
    const shown = await everythingShown(command, port)
    await until(() => command.printed.includes('key …'))
    await until(() => hook.events.some(({ type }) => type === 'shareCreated'))

    command.program.kill('SIGWINCH')
    expect(await command.program.exited).toBe(1)
    expect(command.program.stderr).toContain('a fault of the program ends the server')
    const kept = ['rtspool-tokens.json', 'rtspool-shares.json', 'report.json']
    const all = [
      ...[command.printed.replace(command.adminToken, ''), JSON.stringify(share.body)],
      ...[...shown, JSON.stringify(reader.events)],
      ...kept.map((name) => readFileSync(join(folder, name), 'utf8')),
      ...hook.requests.map(({ headers, body }) =>
        JSON.stringify([{ ...headers, authorization: '' }, body]),
      ),
    ].join('\n')
    const ofFiles = await secretsOf(folder)
    const secrets = [...Object.values(chosen), ...made, ...ofRtsp, ...ofFiles, command.adminToken]
    expect(secrets.every((secret) => secret.length >= 10)).toBe(true)
    for (const seen of ['/test', 'javascriptStack', 'shareCreated', '"operation":"login"']) {
      expect(all).toContain(seen)
    }
    expect(secrets.filter((secret) => all.includes(secret))).toEqual([])
  })
})
