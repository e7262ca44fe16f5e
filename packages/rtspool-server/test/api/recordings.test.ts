import { connect } from 'node:net'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { until } from '../../../rtspool/test/support/until.js'
import { recordFiles } from '../recording/support/recorded-files.js'
import { type ApiScene, startApi } from './api-scene.js'

const params = { name: 'all' }
const clip = { path: '/cam', from: '2026-11-29T12:00:00Z', to: '2026-11-29T12:01:00Z' }

/** Begins an export and reads its first bytes only. @returns The connection. */
async function slowClient({ url, adminToken }: ApiScene) {
  const { hostname, port, host } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(
    [
      `GET /v1/recordings/all/export?${new URLSearchParams(clip)} HTTP/1.1`,
      ...[`Host: ${host}`, `Authorization: Bearer ${adminToken}`, '', ''],
    ].join('\r\n'),
  )
  await new Promise((resolve) => {
    socket.once('readable', resolve)
  })
  return socket
}

describe('a recording that is started for some seconds', () => {
  it('says until when, and follows its settings afterwards', async () => {
    const clock = new ManualClock()
    const { api } = await startApi({}, {}, { clock })
    expect((await api.call('stopRecording', { params })).body).toMatchObject({ isRunning: false })
    const start = (seconds: string) => api.call('startRecording', { params, query: { seconds } })
    const from = clock.unixTimeMs()
    expect((await start('30')).body).toMatchObject({
      ...{ name: 'all', isRunning: true },
      until: new Date(from + 30_000).toISOString(),
    })
    clock.advance(30_000)
    const { body } = await api.call('listRecordings')
    expect(body.recordings[0]).toMatchObject({ name: 'all', isRunning: true })
    expect(body.recordings[0].until).toBeUndefined()
    expect((await start('0')).status).toBe(400)
    expect((await start('soon')).status).toBe(400)
  })
})

describe('a recording with a condition', () => {
  it('says the condition that decides, and none after a start', async () => {
    const scene = await startApi()
    const { plans } = scene.recordings
    scene.recordings.update(
      plans.map((plan) => ({ ...plan, when: 'watched' as const, whenPath: '/door' })),
    )
    const listed = async () => (await scene.api.call('listRecordings')).body.recordings[0]
    expect(await listed()).toMatchObject({ when: 'watched', whenPath: '/door' })
    expect((await scene.api.call('startRecording', { params })).body.when).toBe('always')
    expect(await listed()).not.toHaveProperty('whenPath')
  })
})

describe('exports of recordings', () => {
  it('are limited in number, and a client that leaves makes room', async () => {
    const scene = await startApi()
    await recordFiles(scene.recordingsFolder, { seconds: 4, sliceBytes: 200_000 })
    const slots = scene.recordings.files.exports
    const clients = await Promise.all(Array.from({ length: 4 }, () => slowClient(scene)))
    expect(slots.count).toBe(4)
    const { status, body } = await scene.api.call('exportRecording', { params, query: clip })
    expect([status, body.detail]).toEqual([
      429,
      'other clients read recordings now: try again soon',
    ])
    for (const client of clients) client.destroy()
    await until(() => slots.count === 0)
    const response = await scene.api.send('exportRecording', { params, query: clip })
    expect(response.status).toBe(200)
    expect(Number(response.headers.get('content-length'))).toBe(
      (await response.arrayBuffer()).byteLength,
    )
  })

  it('are limited in number for players, too', async () => {
    const scene = await startApi()
    const { played } = scene.recordings.files
    const taken = Array.from({ length: 8 }, () => played.take())
    const { status } = await scene.api.call('playRecording', { params, query: clip })
    expect(status).toBe(429)
    for (const release of taken) release?.()
    expect(played.count).toBe(0)
  })

  it.for([
    ['exportRecording', '2026-11-30T12:00:01Z', 'at most 86400 s after from', '86401 s'],
    ['playRecording', '2026-11-29T12:02:01Z', 'at most 120 s after from', '121 s'],
  ] as const)('are limited in length: %s', async ([operation, to, expected, got]) => {
    const { api } = await startApi()
    const { status, body } = await api.call(operation, { params, query: { ...clip, to } })
    expect([status, body.errors]).toEqual([400, [{ where: 'query.to', expected, got }]])
  })
})
