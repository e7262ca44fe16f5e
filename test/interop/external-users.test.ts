import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { SignJWT } from 'jose'
import type { Browser } from 'playwright-core'
import { digestHa1 } from 'rtspool'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { ApiCommand } from './support/api-command.js'
import { startBrowser } from './support/browser.mjs'
import { playWithFfmpeg, playWithGstreamer } from './support/players.js'
import { endPrograms } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'

const patience = { timeout: 20_000 }
const password = 'canary-password'
const ha1 = {
  md5: digestHa1('MD5', 'eva', 'rtspool', password),
  sha256: digestHa1('SHA-256', 'eva', 'rtspool', password),
}
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const questions: Record<string, unknown>[] = []

/** A login service whose only user is `eva`. */
const service = createServer(async (request, response) => {
  const asked = JSON.parse(await text(request))
  questions.push(asked)
  const isEva = asked.user === 'eva'
  const isYes = isEva && (asked.scheme === 'Digest' || asked.password === password)
  const answer = { reason: 'canary-reason', ...(isYes && { ha1, role: 'operator' }) }
  const type = { 'content-type': 'application/json' }
  response.writeHead(isYes ? 200 : 401, type).end(JSON.stringify(answer))
})

describe('users of a login service', { tags: 'B-AUTH0' }, () => {
  let command: ApiCommand
  let browser: Browser | undefined

  beforeAll(async () => {
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
    const { port } = service.address() as AddressInfo
    const config = `auth:
  hook: { url: "http://127.0.0.1:${port}/", digest: true, actions: [read, api] }
  basic: always`
    command = await ApiCommand.start(['--log-level', 'debug'], { config })
    writeFileSync(
      join(command.folder, 'signer.pem'),
      publicKey.export({ type: 'spki', format: 'pem' }),
    )
    const jwt = '\n  jwt: { keyFile: signer.pem, roleClaim: role }\n'
    writeFileSync(join(command.folder, 'rtspool.yml'), config + jwt)
    expect((await command.api.call('reloadConfig')).status).toBe(200)
    if (!reasonToSkip('chromium')) browser = await startBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await command?.stop()
    await endPrograms()
    service.closeAllConnections()
    service.close()
  })

  const urlOf = (secret: string) => `${command.rtspUrl.replace('://', `://eva:${secret}@`)}/test`
  const sign = (role: string) =>
    new SignJWT({ sub: 'tom', role })
      .setProtectedHeader({ alg: 'ES256' })
      .setExpirationTime('1h')
      .sign(privateKey)
  const logIn = (user: string, secret: string) =>
    command.api.call('login', { token: '', body: { user, password: secret } })

  test.for([
    { player: 'ffmpeg', needs: ['ffmpeg'], play: playWithFfmpeg, transport: 'tcp' },
    { player: 'ffmpeg', needs: ['ffmpeg'], play: playWithFfmpeg, transport: 'udp' },
    { player: 'GStreamer', needs: gstreamerPlayer, play: playWithGstreamer, transport: 'udp' },
  ] as const)('$player plays over $transport by Digest', async (each, context) => {
    requirePrograms(context, ...each.needs)
    const asked = questions.length
    const { transport } = each
    const result = await each.play({ url: urlOf(password), transport, seconds: 1 })
    expect(result.errors).toEqual([])
    expect(result.videoFrames).toBeGreaterThanOrEqual(20)
    const schemes = new Set(questions.slice(asked).map(({ scheme }) => scheme))
    expect([...schemes].filter((scheme) => scheme === 'Basic')).toEqual([])
    expect(questions.some((question) => question.algorithm === 'MD5')).toBe(true)
  })

  test('a wrong password gets 401', async (context) => {
    requirePrograms(context, 'ffmpeg')
    const { errors } = await playWithFfmpeg({ url: urlOf('guess'), transport: 'tcp', seconds: 1 })
    expect(errors.join('\n')).toContain('401 Unauthorized')
  })

  test('log in to the API by password, and by a token', async () => {
    const { body } = await logIn('eva', password)
    expect([body.name, body.role]).toEqual(['eva', 'operator'])
    const own = await command.api.call('getCaller', { token: body.token })
    expect(own.body).toMatchObject({ name: 'eva', role: 'operator' })
    expect((await logIn('eva', 'guess')).status).toBe(401)
    const token = await sign('viewer')
    expect((await command.api.call('getCaller', { token })).body).toMatchObject({ name: 'tom' })
    expect((await command.api.call('kickSessions', { token, body: {} })).status).toBe(403)
    const refused = await command.api.call('getCaller', { token: await sign('nobody') })
    expect(refused.body.detail).toBe('the token has no role in the API')
  })

  test('log in to the page by password, and by a token', async (context) => {
    requirePrograms(context, 'chromium')
    const page = await browser?.newPage()
    if (!page) throw new Error('no browser')
    await page.goto(command.url)
    await page.getByLabel('User', { exact: true }).fill('eva')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.keyboard.press('Enter')
    await page.getByText('eva (operator)').waitFor(patience)
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByLabel('Token of the control API').fill(await sign('viewer'))
    await page.keyboard.press('Enter')
    await page.getByText('tom (viewer)').waitFor(patience)
    await page.close()
  })

  test('no secret stands in a log line', { tags: 'B-SECR' }, async () => {
    const token = (await sign('viewer')).split('.')[0] as string
    expect(command.printed).toContain('"user":"eva"')
    for (const secret of [password, ha1.md5, ha1.sha256, token]) {
      expect(command.printed).not.toContain(secret)
    }
  })
})
