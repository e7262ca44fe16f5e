import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { connectTo, play, publish, urlOf } from '../../../rtspool/test/support/test-server.js'
import { TokenStore } from '../../src/api/access/tokens.js'
import { startApi } from './api-scene.js'
import { rawRequest } from './raw-request.js'

describe('the API', { tags: 'B-CSRF' }, () => {
  it.each(['evil.example', 'evil.example:80', 'localhost.evil.example', '[::1', '1.2.3.4.5'])(
    'refuses the host %j with 421, whatever the token',
    async (host) => {
      const scene = await startApi()
      const answer = await rawRequest(scene, '/v1/health', { headers: { host } })
      expect([400, 421]).toContain(answer.status)
      expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    },
  )

  it.each(['localhost:1', '127.0.0.1', '[::1]:80', 'LOCALHOST', 'cameras.example'])(
    'answers by the host %j',
    async (host) => {
      const scene = await startApi({}, { allowedHosts: ['cameras.example'] })
      expect((await rawRequest(scene, '/v1/health', { headers: { host } })).status).toBe(200)
    },
  )

  it.each([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('refuses a page of another origin: %j', async (headers) => {
    const scene = await startApi()
    const answer = await rawRequest(scene, '/v1/health', { headers })
    expect(answer.status).toBe(403)
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    expect(answer.headers['content-type']).toBe('application/problem+json')
  })

  it('warns once of a proxy that nobody has named', { tags: 'B-AUTH0' }, async () => {
    const scene = await startApi()
    const headers = { 'x-forwarded-for': '192.0.2.1' }
    for (const path of ['/v1/health', '/v1/version']) await rawRequest(scene, path, { headers })
    const warnings = scene.logged.filter((line) => line.includes('trustedProxies'))
    expect(warnings).toHaveLength(1)
    expect(JSON.parse(warnings[0] ?? '')).toMatchObject({
      level: 40,
      msg: expect.stringContaining('all clients behind it count as 127.0.0.1'),
    })
    const named = await startApi({}, { trustedProxies: ['127.0.0.1'] })
    await rawRequest(named, '/v1/health', { headers })
    expect(named.logged.filter((line) => line.includes('trustedProxies'))).toEqual([])
  })

  it('answers a page of its own origin', async () => {
    const scene = await startApi()
    const headers = { origin: scene.url, 'sec-fetch-site': 'same-origin' }
    expect((await rawRequest(scene, '/v1/health', { headers })).status).toBe(200)
  })

  it.each([
    ['https://cameras.example', 'cameras.example', 200],
    ['https://cameras.example', 'cameras.example:443', 200],
    ['https://cameras.example:8443', 'cameras.example:8443', 200],
    ['https://cameras.example', 'cameras.example:8443', 403],
    ['ftp://cameras.example', 'cameras.example', 403],
  ])('answers a page behind a proxy with TLS: %s at %s', async (origin, host, status) => {
    const scene = await startApi({}, { allowedHosts: ['cameras.example'] })
    const headers = { origin, host, 'sec-fetch-site': 'same-origin' }
    expect((await rawRequest(scene, '/v1/health', { headers })).status).toBe(status)
  })

  it.each(['', 'Bearer', 'Bearer wrong', 'Basic YTpi', 'bearer  '])(
    'answers 401 to the credentials %j, also from the loopback',
    async (authorization) => {
      const scene = await startApi()
      const answer = await rawRequest(scene, '/v1/sessions', { headers: { authorization } })
      expect(answer.status).toBe(401)
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="rtspool"')
    },
  )

  it('changes nothing by GET', async () => {
    const scene = await startApi()
    const answer = await rawRequest(scene, '/v1/sessions/kick')
    expect(answer.status).toBe(400)
    const kick = `/v1/sessions/${'x'.repeat(22)}/kick`
    const refused = await rawRequest(scene, kick)
    expect(refused.status).toBe(405)
    expect(refused.headers.allow).toBe('POST')
    const tried = await rawRequest(scene, '/v1/limits', { method: 'OPTIONS' })
    expect(tried.status).toBe(405)
    expect(tried.headers.allow).toBe('GET, PATCH')
  })

  it('accepts bodies of JSON only', async () => {
    const scene = await startApi()
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const answer = await rawRequest(scene, '/v1/limits', {
        method: 'PATCH',
        headers: { 'content-type': type },
        body: '{"maxSessions":1}',
      })
      expect(answer.status).toBe(415)
    }
    expect(scene.server.pool.limits.maxSessions).not.toBe(1)
  })
})

describe('responses', { tags: 'B-XSS' }, () => {
  it('are never a page: JSON, nosniff and no sources', async () => {
    const scene = await startApi()
    const client = await connectTo(scene.server)
    const name = '<img src=x onerror=alert(1)>'
    await client.request('OPTIONS', urlOf(scene.server, '/live'), {
      headers: { 'User-Agent': name },
    })
    const { headers, body } = await rawRequest(scene, '/v1/connections')
    expect(JSON.parse(body).connections[0].userAgent).toBe(name)
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
    })
  })
})

describe('tokens', { tags: 'B-SECR' }, () => {
  it('are kept as hashes, in a file of their owner', async () => {
    const { tokensFile, adminToken, tokenOf } = await startApi()
    const viewer = await tokenOf('viewer')
    const stored = readFileSync(tokensFile, 'utf8')
    expect(stored).not.toContain(adminToken)
    expect(stored).not.toContain(viewer)
    expect(statSync(tokensFile).mode & 0o777).toBe(0o600)
  })

  it('are shown once: neither by the API, nor by the log, nor by the audit log', async () => {
    const scene = await startApi()
    const canary = await scene.tokenOf('operator')
    const url = urlOf(scene.server, '/live/door')
    const publisher = await connectTo(scene.server)
    const { session } = await publish(publisher, url)
    await play(await connectTo(scene.server), `${url}?token=canary-in-query`)
    await rawRequest(scene, '/v1/limits', { method: 'PATCH', body: '{}', headers: {} })
    await rawRequest(scene, `/v1/sessions?user=${encodeURIComponent('a\nb')}`)
    const paths = ['/v1/tokens', '/v1/audit', '/v1/sessions', '/v1/connections', '/v1/media']
    const texts = await Promise.all(
      [...paths, '/v1/stats', '/v1/limits', '/metrics', '/v1/openapi.json'].map(
        async (path) => (await rawRequest(scene, path)).body,
      ),
    )
    const all = [...texts, ...scene.logged].join('\n')
    for (const secret of [canary, scene.adminToken, session, 'canary-in-query']) {
      expect(all).not.toContain(secret)
    }
  })

  it('that are created and removed at the same time are all in the file, or all gone', async () => {
    const { tokensFile } = await startApi()
    const tokens = TokenStore.open(tokensFile)
    const created = await Promise.all(
      ['a', 'b', 'c'].map((name) => tokens.tryCreate(name, 'viewer')),
    )
    await Promise.all([tokens.remove(created[1]?.id ?? ''), tokens.tryCreate('d', 'metrics')])
    const names = TokenStore.open(tokensFile)
      .list()
      .map(({ name }) => name)
    expect(names).toEqual(['first', 'a', 'c', 'd'])
  })

  it('stay valid after a restart, and the first one is made once', async () => {
    const { tokensFile, adminToken } = await startApi()
    const tokens = TokenStore.open(tokensFile)
    expect(await tokens.createFirst()).toBeUndefined()
    expect(tokens.find(adminToken)).toMatchObject({ role: 'admin', name: 'first' })
    expect(tokens.find(`${adminToken}x`)).toBeUndefined()
  })

  it('begin after the port is open: a start that fails leaves no file', async () => {
    const { url, otherApi, tokensFile } = await startApi()
    const port = Number(new URL(url).port)
    const otherFile = `${tokensFile}.other`
    const other = otherApi({ port, tokensFile: otherFile })
    await expect(other.listen()).rejects.toThrow('EADDRINUSE')
    await other.close()
    expect(existsSync(otherFile)).toBe(false)
    expect(other.firstToken).toBeUndefined()
  })

  it('end with their removal', async () => {
    const { api, tokenOf } = await startApi()
    const token = await tokenOf('viewer')
    expect((await api.call('listSessions', { token })).status).toBe(200)
    const { body } = await api.call('listTokens')
    const { id } = body.tokens.find(({ name }: { name: string }) => name === 'viewer')
    await api.call('removeToken', { params: { id } })
    expect((await api.call('listSessions', { token })).status).toBe(401)
  })

  it.each([
    ['{', 'is not a file of API tokens'],
    ['{"tokens":[{"id":"a","name":"b","role":"root","sha256":"","createdTime":""}]}', 'is not a'],
  ])('refuses a file with %j', async (text, message) => {
    const { tokensFile } = await startApi()
    const other = `${tokensFile}.other`
    writeFileSync(other, text, { mode: 0o600 })
    expect(() => TokenStore.open(other)).toThrow(message)
    expect(readFileSync(other, 'utf8')).toBe(text)
    expect(existsSync(other)).toBe(true)
  })

  it('names a file that cannot be read, for the person who starts the server', async () => {
    const { tokensFile } = await startApi()
    const says = /^the file of API tokens \S+ cannot be read: EISDIR/
    expect(() => TokenStore.open(dirname(tokensFile))).toThrow(says)
  })

  it('refuses a file that others may write', async () => {
    const { tokensFile } = await startApi()
    const other = `${tokensFile}.other`
    writeFileSync(other, '{"tokens":[]}')
    const { chmodSync } = await import('node:fs')
    chmodSync(other, 0o666)
    expect(() => TokenStore.open(other)).toThrow('chmod 600')
  })
})

describe('roles', () => {
  const changes = {
    kickSession: { params: { publicId: 'x'.repeat(22) } },
    kickSessions: { body: { filter: { user: 'a' } } },
    changeLimits: { body: { maxSessions: 1 } },
    createToken: { body: { name: 'a', role: 'admin' } },
    closeConnection: { params: { publicId: 'x'.repeat(22) } },
    endMedia: { params: { publicId: 'x'.repeat(22) } },
  }

  it('let a viewer read and change nothing', async () => {
    const { api, tokenOf } = await startApi()
    const token = await tokenOf('viewer')
    for (const operationId of ['listSessions', 'listMedia', 'getLimits', 'getStats']) {
      expect((await api.call(operationId, { token })).status).toBe(200)
    }
    for (const [operationId, call] of Object.entries(changes)) {
      expect((await api.call(operationId, { ...call, token })).status).toBe(403)
    }
  })

  it('let an operator end sessions, but not change limits and tokens', async () => {
    const { api, tokenOf } = await startApi()
    const token = await tokenOf('operator')
    const kicked = await api.call('kickSessions', { ...changes.kickSessions, token })
    expect(kicked.body).toEqual({ count: 0, dryRun: false, sessions: [] })
    for (const operationId of ['changeLimits', 'createToken'] as const) {
      expect((await api.call(operationId, { ...changes[operationId], token })).status).toBe(403)
    }
    expect((await api.call('listAudit', { token })).status).toBe(403)
  })
})
