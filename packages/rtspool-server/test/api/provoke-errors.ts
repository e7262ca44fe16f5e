import { expect } from 'vitest'
import type { ApiCall, ApiClient } from './api-client.js'
import { type ApiTarget, requestWithHost } from './raw-request.js'

const unknownId = 'x'.repeat(22)

/**
 * Provokes every error that the document describes, apart from a failure of the server itself.
 *
 * @param target - A server with a session, a media and the recording `all`.
 * @param provokedElsewhere - Errors, such as `getSnapshot no-picture`, that another test provokes.
 */
export async function expectEveryError(
  target: ApiTarget,
  provokedElsewhere: readonly string[] = [],
): Promise<void> {
  const { api } = target
  const { body } = await api.call('createToken', { body: { name: 'weak', role: 'metrics' } })
  for (const operationId of api.operationIds) await provoke(api, operationId, body.token)
  for (const operationId of api.operationIds) {
    expect(await requestWithHost(target, operationId, 'evil.example')).toBe(421)
    api.seen.add(`${operationId} host-refused`)
  }
  await provokeTooMany(api)
  await provokeConflicts(api)
  await provokeNotReady(api)
  const wanted = api.operationIds.flatMap((operationId) =>
    api.problemsOf(operationId).map((name) => `${operationId} ${name}`),
  )
  expect([...new Set([...api.seen, ...provokedElsewhere])].sort()).toEqual(wanted.sort())
}

/** Provokes the errors that follow from the kind of an operation. */
async function provoke(api: ApiClient, operationId: string, weak: string): Promise<void> {
  const { responses, description } = api.documented(operationId)
  const params = { publicId: unknownId, id: 'unknown', name: 'unknown' }
  const query = api.requiredQuery(operationId)
  const isOpen = description === 'Needs no token.'
  const expectProblem = async (status: number, call: ApiCall) => {
    const answer = await api.call(operationId, { params, query, ...call })
    expect(`${operationId} ${answer.status}`).toBe(`${operationId} ${status}`)
    expect(answer.body).toMatchObject({ status, instance: expect.stringContaining('urn:uuid:') })
    return answer
  }
  const wrong = { token: '', ...(isOpen && { body: { user: 'eve', password: 'guess' } }) }
  const unauthorized = await expectProblem(401, wrong)
  expect(unauthorized.headers.get('www-authenticate')).toContain('Bearer')
  const { body: refused } = await expectProblem(400, { query: { ...query, unknown: '1' } })
  expect(refused.errors).toEqual([{ where: 'query.unknown', expected: 'no such name', got: '"1"' }])
  await expectProblem(403, { headers: { origin: 'http://evil.example' } })
  if (/role (viewer|operator|admin)/.test(description)) await expectProblem(403, { token: weak })
  if ('415' in responses) {
    await expectProblem(415, { body: '{}', headers: { 'content-type': 'text/plain' } })
    await expectProblem(413, { body: { name: 'x'.repeat(70_000) } })
  }
  // A server that is not ready says so with this status, too, if asked to.
  if ('404' in responses && operationId !== 'getReady') {
    await expectProblem(404, { body: undefined })
  }
}

async function provokeConflicts(api: ApiClient): Promise<void> {
  const changes = { 'rtsp.port': 1 }
  expect((await api.call('changeConfig', { body: { changes } })).status).toBe(409)
  await provokeFullBans(api)
  const empty = { path: '/cam', from: '2001-01-01T00:00:00Z', to: '2001-01-01T00:01:00Z' }
  for (const operationId of ['exportRecording', 'playRecording']) {
    const nothing = await api.call(operationId, { params: { name: 'all' }, query: empty })
    expect(nothing.status).toBe(409)
  }
  const { body: media } = await api.call('listMedia')
  const used = { path: media.media[0].path, url: 'rtsp://10.0.0.1/' }
  expect((await api.call('addSource', { body: used })).status).toBe(409)
  const ticket = await api.call('createLiveTicket', { body: { path: '/live/door' } })
  expect(ticket.status).toBe(409)
  const share = await api.call('createShare', { body: { path: '/live/door' } })
  expect(share.status).toBe(409)
  const { body } = await api.call('listTokens')
  const admin = body.tokens.find(({ role }: { role: string }) => role === 'admin')
  expect((await api.call('removeToken', { params: { id: admin.id } })).status).toBe(409)
  let status = 200
  for (let n = 0; n < 100 && status === 200; n++) {
    const answer = await api.call('createToken', { body: { name: `t${n}`, role: 'viewer' } })
    status = answer.status
  }
  expect(status).toBe(409)
}

/** Fills the list of bans: the next one does not fit. */
async function provokeFullBans(api: ApiClient): Promise<void> {
  expect((await api.call('addBan', { body: { user: 'mallory' } })).status).toBe(200)
  const full = { 'bans.maxBans': 1 }
  expect((await api.call('changeConfig', { body: { changes: full } })).status).toBe(200)
  expect((await api.call('addBan', { body: { user: 'eve' } })).status).toBe(409)
  const { body } = await api.call('listSessions')
  const params = { publicId: body.sessions[0].publicId }
  const ban = { seconds: 60 }
  expect((await api.call('kickSession', { params, body: { ban } })).status).toBe(409)
  const filter = { address: '127.0.0.1' }
  expect((await api.call('kickSessions', { body: { filter, ban } })).status).toBe(409)
}

async function provokeTooMany(api: ApiClient): Promise<void> {
  const { body: list } = await api.call('listMedia')
  const params = { publicId: list.media[0].publicId }
  const probe = () => api.call('probeMedia', { params, query: { seconds: '1' } })
  const answers = await Promise.all(Array.from({ length: 6 }, probe))
  expect(answers.map(({ status }) => status)).toContain(429)
  const bob = { user: 'bob', password: 'other' }
  expect((await api.call('login', { body: bob })).status).toBe(403)
  const body = { user: 'eve', password: 'guess' }
  let status = 401
  for (let n = 0; n < 20 && status === 401; n++) status = (await api.call('login', { body })).status
  expect(status).toBe(429)
  const ends = new AbortController()
  const streams = Array.from({ length: 16 }, () =>
    api.send('streamEvents', { signal: ends.signal }),
  )
  await Promise.all(streams)
  expect((await api.call('streamEvents')).status).toBe(429)
  ends.abort()
}

/** Fills the server: it has as many sessions as it may have. */
async function provokeNotReady(api: ApiClient): Promise<void> {
  const { body: before } = await api.call('getLimits')
  const { body: stats } = await api.call('getStats')
  await api.call('changeLimits', { body: { maxSessions: stats.sessions.now } })
  expect((await api.call('getReady')).body).toMatchObject({
    ...{ status: 503, detail: 'the limit on sessions is reached' },
  })
  const asked = await api.call('getReady', { query: { otherwise: '404' } })
  expect(asked.status).toBe(404)
  await api.call('changeLimits', { body: { maxSessions: before.maxSessions } })
}
