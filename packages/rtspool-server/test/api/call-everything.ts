import { expect } from 'vitest'
import type { ApiAnswer, ApiCall, ApiClient } from './api-client.js'

/**
 * Calls every operation with values with which it succeeds, in an order in which each one still finds
 * what it needs.
 *
 * @param api - Client of a server with a publisher, a viewer, the recording `all` of 12 s, a file of configuration, and
 *   {@link apiUser}.
 * @param camera - Path of a media with pictures.
 */
export async function expectEverySuccess(api: ApiClient, camera = '/cam'): Promise<void> {
  const called = new Set<string>()
  const call = async (operationId: string, request: ApiCall = {}) => {
    const { status, body } = await api.call(operationId, request)
    expect(`${operationId} ${status}`).toBe(`${operationId} 200`)
    called.add(operationId)
    return body
  }
  for (const operationId of plainOperations) await call(operationId)
  const playing = await call('listSessions', { query: { state: 'Playing', limit: '1' } })
  const viewer = { publicId: playing.sessions[0].publicId }
  await call('getSession', { params: viewer })
  await call('changeSession', { params: viewer, body: { timeoutSeconds: 30 } })
  const { media } = await call('listMedia')
  const first = { publicId: media[0].publicId }
  await call('getMedia', { params: first })
  await call('probeMedia', { params: first, query: { seconds: '0.1' } })
  const pictures = media.find(({ path }: { path: string }) => path === camera)
  await call('getMediaSnapshot', { params: { publicId: pictures.publicId } })
  await call('getSnapshot', { query: { path: camera, format: 'mp4' } })
  await call('changeLimits', { body: { maxSessions: 50 } })
  const limits = { maxSessions: 60 }
  const all = await call('changeClusterLimits', { body: { limits } })
  expect(all.nodes).toEqual([{ isChanged: true }])
  await call('changeConfig', { body: { changes: { 'limits.maxSessionsPerPath': 40 } } })
  const created = await call('createToken', { body: { name: 'graph', role: 'metrics' } })
  await call('removeToken', { params: { id: created.id } })
  const added = await call('addBan', { body: { user: 'mallory', seconds: 60 } })
  await call('getBan', { params: { publicId: added.publicId } })
  await call('removeBan', { params: { publicId: added.publicId } })
  await call('kickSessions', { body: { filter: { user: 'nobody' }, dryRun: true } })
  await call('kickSessions', { body: { filter: { user: 'nobody' } } })
  await call('kickSession', { params: viewer, body: { reason: 'too long' } })
  await call('createLiveTicket', { body: { path: '/live/door' } })
  const login = await call('login', { token: '', body: { user: 'ann', password: 'secret' } })
  await call('logout', { token: login.token })
  const share = await call('createShare', { body: { path: '/live/door', seconds: 60 } })
  await call('revokeShare', { params: { id: share.id } })
  expect((await call('getCluster')).state).toBe('none')
  expect((await call('getClusterMap')).state).toBe('none')
  await callSources(call)
  await callRecordings(api, call)
  called.add('exportRecording').add('playRecording')
  await call('endMedia', { params: first })
  const { connections } = await call('listConnections')
  await call('closeConnection', { params: { publicId: connections.at(-1).publicId } })
  await openEvents(api)
  called.add('streamEvents')
  expect([...called].sort()).toEqual(api.operationIds.sort())
  await expectAuditOfChanges(api)
}

/** Calls the operations on sources. */
async function callSources(
  call: (operationId: string, request?: ApiCall) => Promise<ApiAnswer['body']>,
): Promise<void> {
  const added = { path: '/added', url: 'rtsp://10.0.0.9/stream', username: 'ann', password: 'key' }
  expect((await call('addSource', { body: added })).state).toBe('idle')
  const query = { path: '/added' }
  await call('changeSource', { query, body: { lingerSeconds: 3 } })
  expect((await call('listSources', { query })).sources).toHaveLength(1)
  await call('removeSource', { query })
}

/** Calls the operations on recordings. There are two files of 10 s and of 2 s. */
async function callRecordings(
  api: ApiClient,
  call: (operationId: string, request?: ApiCall) => Promise<ApiAnswer['body']>,
): Promise<void> {
  const params = { name: 'all' }
  const { recordings } = await call('listRecordings')
  expect(recordings).toEqual([
    { name: 'all', path: '/recorded', isRunning: true, when: 'always', media: [] },
  ])
  expect((await call('stopRecording', { params })).isRunning).toBe(false)
  expect((await call('startRecording', { params })).isRunning).toBe(true)
  const all = await call('listSegments', { params })
  expect(all.segments).toHaveLength(2)
  const { paths } = await call('listRecordedPaths', { params })
  const [first, last] = all.segments
  expect(paths).toEqual([
    {
      ...{ path: '/cam', startTime: first.startTime, endTime: last.endTime, files: 2 },
      sizeBytes: first.sizeBytes + last.sizeBytes,
    },
  ])
  const page = await call('listSegments', { params, query: { limit: '1' } })
  const { startTime: from, endTime: to } = page.segments[0]
  const next = await call('listSegments', { params, query: { limit: '1', cursor: page.cursor } })
  expect([...page.segments, ...next.segments]).toEqual(all.segments)
  const range = { path: '/cam', from, to }
  const response = await api.send('exportRecording', { params, query: range })
  const type = 'video/mp4; codecs="avc1.42c00b, opus"'
  expect([response.status, response.headers.get('content-type')]).toEqual([200, type])
  const { byteLength } = await response.arrayBuffer()
  expect(response.headers.get('content-length')).toBe(String(byteLength))
  const played = await api.send('playRecording', { params, query: range })
  expect([played.status, played.headers.get('content-type')]).toEqual([200, type])
  expect(played.headers.get('rtspool-start-time')).toBe(from)
  expect(played.headers.get('rtspool-end-time')).toBe(to)
  expect((await played.arrayBuffer()).byteLength).toBe(byteLength)
  const deleted = await call('deleteSegments', { params, query: range })
  expect(deleted).toEqual({ count: 1, sizeBytes: all.segments[0].sizeBytes })
}

/** Opens the stream of events, which does not end by itself, and closes it. */
async function openEvents(api: ApiClient): Promise<void> {
  const ends = new AbortController()
  const response = await api.send('streamEvents', { signal: ends.signal })
  expect(response.status).toBe(200)
  expect(api.documented('streamEvents').responses[200]?.content).toHaveProperty(
    response.headers.get('content-type') ?? 'none',
  )
  ends.abort()
}

/** Operations that change nothing although they are no GET. */
const noChanges = ['createLiveTicket', 'logout']

/** Finds an entry in the audit log for each operation that changes something. */
async function expectAuditOfChanges(api: ApiClient): Promise<void> {
  const { body } = await api.call('listAudit', { query: { limit: '1000' } })
  const recorded = new Set(body.entries.map(({ operation }: { operation: string }) => operation))
  const changing = api.operationIds.filter((id) => api.placeOf(id)[1] !== 'get')
  expect(changing.filter((id) => !recorded.has(id))).toEqual(noChanges)
}

/** A user with rights in the API and one without: the variable with their passwords, and the configuration. */
export const apiUser = {
  users: 'ann:secret bob:other',
  config: [
    'auth:',
    '  rules: [{ path: /*, read: anyone, publish: anyone }]',
    '  api: [{ role: viewer, users: [ann] }]',
  ].join('\n'),
}

/** Operations that need no values. */
const plainOperations = [
  ...['getHealth', 'getReady', 'getVersion', 'getCaller', 'getStats', 'getMetrics'],
  ...['getDocument', 'getLimits', 'listTokens', 'listAudit', 'getConfig', 'reloadConfig'],
  ...['getHistory', 'listBans', 'listLeavers', 'listShares'],
]
