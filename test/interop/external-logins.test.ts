import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rawRequest } from '../../packages/rtspool-server/test/api/raw-request.js'
import { EventReader } from '../../packages/rtspool-server/test/events/event-reader.js'
import { ApiCommand } from './support/api-command.js'
import { playWithFfmpeg, playWithGstreamer } from './support/players.js'
import { endPrograms, Program, until } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'

const players = [
  { player: 'ffmpeg', needs: ['ffmpeg'], play: playWithFfmpeg },
  { player: 'GStreamer', needs: gstreamerPlayer, play: playWithGstreamer },
]

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const opaque = 'canary-opaque'
const password = 'canary-password'

/** A hook that allows one token on one path, for as long as `isPaid`. */
const hook = {
  isPaid: true,
  http: createServer(async (request, response) => {
    const { path, token } = JSON.parse(await text(request))
    const isAllowed = hook.isPaid && path === '/test' && token === opaque
    const answer = isAllowed ? { user: 'guest', recheckSeconds: 1 } : { reason: 'not paid' }
    const type = { 'content-type': 'application/json' }
    response.writeHead(isAllowed ? 200 : 403, type).end(JSON.stringify(answer))
  }),
}

describe('logins by a hook and by tokens', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-logins-'))
  const keyFile = join(folder, 'signer.pem')
  let command: ApiCommand
  let events: EventReader

  beforeAll(async () => {
    writeFileSync(keyFile, publicKey.export({ type: 'spki', format: 'pem' }))
    await new Promise<void>((resolve) => hook.http.listen(0, '127.0.0.1', resolve))
    const { port } = hook.http.address() as AddressInfo
    const url = `http://127.0.0.1:${port}/`
    command = await ApiCommand.start(['--auth-hook', url, '--tokens-in-clear'], {
      env: {
        RTSPOOL_USERS: `ann:${password}`,
        RTSPOOL_AUTH_JWT_KEY_FILE: keyFile,
        RTSPOOL_AUTH_HOOK_CACHE_NO: '0',
        RTSPOOL_LOG_LEVEL: 'debug',
      },
    })
    events = await EventReader.open(command.api)
  })
  afterAll(async () => {
    await events?.close()
    await command?.stop()
    await endPrograms()
    hook.http.closeAllConnections()
    hook.http.close()
    rmSync(folder, { recursive: true })
  })

  const sign = (seconds: number) =>
    new SignJWT({ sub: 'tom', paths: ['/test'] })
      .setProtectedHeader({ alg: 'ES256' })
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(privateKey)
  const withToken = (token: string, path = '/test') => `${command.rtspUrl}${path}?token=${token}`
  /** Plays until the server ends the session. */
  const playOn = (url: string) =>
    new Program('ffmpeg', [
      ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-rtsp_transport', 'tcp'],
      ...['-i', url, '-f', 'null', '-'],
    ])
  const endsOf = (user: string) =>
    command.program.stderr
      .split('\n')
      .filter((line) => line.includes('session removed') && line.includes(`"user":"${user}"`))

  test.for(players)(
    '$player picks Digest although Bearer is offered',
    async ({ needs, play }, context) => {
      requirePrograms(context, ...needs)
      const url = `${command.rtspUrl.replace('://', `://ann:${password}@`)}/test`
      const result = await play({ url, transport: 'tcp', seconds: 1 })
      expect(result.errors).toEqual([])
      expect(result.videoFrames).toBeGreaterThanOrEqual(20)
    },
  )

  test.for(
    players.flatMap((each) =>
      (['tcp', 'udp'] as const).map((transport) => ({ ...each, transport })),
    ),
  )('$player plays over $transport with a token in the URL', async (each, context) => {
    const { needs, play, transport } = each
    requirePrograms(context, ...needs)
    const result = await play({ url: withToken(await sign(3600)), transport, seconds: 1 })
    expect(result.errors).toEqual([])
    expect(result.videoFrames).toBeGreaterThanOrEqual(20)
  })

  test('a token for another path gets 403, a token of nobody 401', async (context) => {
    requirePrograms(context, 'ffmpeg')
    const errorsOf = async (url: string) =>
      (await playWithFfmpeg({ url, transport: 'tcp', seconds: 1 })).errors.join('\n')
    expect(await errorsOf(withToken(await sign(3600), '/other'))).toContain('403 Forbidden')
    expect(await errorsOf(withToken(`${await sign(3600)}x`))).toContain('401 Unauthorized')
  })

  test('a session ends when its token expires', async (context) => {
    requirePrograms(context, 'ffmpeg')
    // The tolerance of 5 s has nearly passed.
    const player = playOn(withToken(await sign(-2)))
    await until(() => endsOf('tom').some((line) => line.includes('authorizationExpired')))
    expect(await player.ended(10_000)).not.toBe('timeout')
  })

  test('a session ends when the hook says no later', async (context) => {
    requirePrograms(context, 'ffmpeg')
    const player = playOn(withToken(opaque))
    const isPlaying = () =>
      /"user":"guest".*session created|session created.*"user":"guest"/.test(command.program.stderr)
    await until(isPlaying)
    expect(player.isRunning).toBe(true)
    hook.isPaid = false
    await until(() => endsOf('guest').length > 0)
    expect(endsOf('guest')[0]).toContain('authorizationExpired')
    expect(await player.ended(10_000)).not.toBe('timeout')
  })

  test('no secret stands in a log line, an answer of the API or an event', {
    tags: 'B-SECR',
  }, async () => {
    await events.next('sessionRemoved')
    const paths = Object.entries(command.api.document.paths)
      .filter(([path, item]) => 'get' in item && !/\{|events/.test(path))
      .map(([path]) => path)
    const answers = await Promise.all(paths.map((path) => rawRequest(command, path)))
    const shown = JSON.stringify([command.printed, events.events, answers.map(({ body }) => body)])
    expect(shown).toContain('access refused')
    expect(shown).toContain('authorizationExpired')
    for (const secret of [opaque, password, (await sign(1)).split('.')[0] as string]) {
      expect(shown).not.toContain(secret)
    }
  })
})
