import { readFileSync } from 'node:fs'
import { ClusterNode, MemoryStore } from 'rtspool/cluster'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { mountCamera } from '../../../rtspool/test/support/dialogue.js'
import { closeAfterTest } from '../../../rtspool/test/support/open-things.js'
import {
  connectTo,
  expectOk,
  play,
  publish,
  startServer,
  urlOf,
} from '../../../rtspool/test/support/test-server.js'
import { advancing, until } from '../../../rtspool/test/support/until.js'
import { defineClusterMetrics } from '../../src/metrics/cluster-metrics.js'
import { PrometheusMetrics } from '../../src/metrics/prometheus.js'
import { startApi } from '../api/api-scene.js'
import { EventReader } from '../events/event-reader.js'

/** Series of the text format: names with their labels, and values. */
function seriesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ')
      return [line.slice(0, end), Number(line.slice(end + 1))]
    }),
  )
}

describe('metrics', () => {
  it('count sessions, connections and traffic', async () => {
    const { api, server } = await startApi({ pool: { maxSessions: 2 } })
    const url = urlOf(server, '/live/door')
    await publish(await connectTo(server), url)
    const viewer = await connectTo(server)
    await play(viewer, url)
    const refused = await connectTo(server)
    const headers = { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' }
    await refused.request('SETUP', `${url}/trackID=0`, { headers })
    const { body } = await api.call('getMetrics')
    const series = seriesOf(body)
    expect(Object.fromEntries(series)).toMatchObject({
      'rtspool_sessions{state="Playing"}': 1,
      'rtspool_sessions{state="Recording"}': 1,
      'rtspool_sessions{state="Init"}': 0,
      rtspool_sessions_created_total: 2,
      'rtspool_sessions_refused_total{limit="maxSessions"}': 1,
      rtspool_connections: 3,
      rtspool_session_limit: 2,
      rtspool_slow_viewers: 0,
    })
    await api.call('kickSessions', { body: { filter: { state: 'Playing' } } })
    const after = seriesOf((await api.call('getMetrics')).body)
    expect(after.get('rtspool_sessions_removed_total{reason="kicked"}')).toBe(1)
    expect(after.get('rtspool_sessions_created_total')).toBe(2)
  })

  it('show load, measures against overload, and what they refuse', async () => {
    const clock = new ManualClock()
    const load = { heap: 0.92, memory: 0, loopDelay: 0, queues: 0.1 }
    const { api, server } = await startApi({ clock, overload: { measure: () => load } })
    const reader = await EventReader.open(api, { query: { types: 'pressureChanged' } })
    closeAfterTest(reader)
    mountCamera(server)
    const client = await connectTo(server)
    await client.request('OPTIONS', '*')
    await until(() => server.stats().pressure?.level === 'refusing', advancing(clock, 500))
    const headers = { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' }
    const setup = await client.request('SETUP', urlOf(server, '/cam/trackID=0'), { headers })
    expect(setup.statusCode).toBe(503)
    const series = seriesOf((await api.call('getMetrics')).body)
    expect(Object.fromEntries(series)).toMatchObject({
      ...{ rtspool_pressure: 0.92, 'rtspool_pressure_part{part="queues"}': 0.1 },
      ...{ rtspool_overload_level: 2, rtspool_overload_refused_total: 1, rtspool_draining: 0 },
    })
    expect((await reader.next('pressureChanged')).data).toMatchObject({
      ...{ level: 'refusing', previous: 'normal', pressure: 0.92, parts: load },
    })
    expect((await api.call('getStats')).body.pressure).toMatchObject({
      ...{ level: 'refusing', value: 0.92, parts: load, refusedSetups: 1 },
    })
    expect((await api.call('getReady')).body.detail).toBe('the server is overloaded')
    server.update({ overload: false })
    const calm = seriesOf((await api.call('getMetrics')).body)
    expect([calm.get('rtspool_pressure'), calm.get('rtspool_overload_level')]).toEqual([0, 0])
    expect((await api.call('getStats')).body.pressure).toBeUndefined()
  })

  it('have the times of requests by method', async () => {
    const { api, server } = await startApi()
    const client = await connectTo(server)
    for (const method of ['OPTIONS', 'OPTIONS', 'NOTHING']) await client.request(method, '*')
    const series = seriesOf((await api.call('getMetrics')).body)
    expect(Object.fromEntries(series)).toMatchObject({
      'rtspool_request_seconds_count{method="OPTIONS"}': 2,
      'rtspool_request_seconds_bucket{le="+Inf",method="OPTIONS"}': 2,
      'rtspool_request_seconds_count{method="other"}': 1,
      'rtspool_request_seconds_count{method="SETUP"}': 0,
    })
    expect(series.get('rtspool_request_seconds_sum{method="OPTIONS"}')).toBeGreaterThan(0)
  })

  it('have the times until sessions play or record, once for each', async () => {
    const { api, server } = await startApi()
    await publish(await connectTo(server), urlOf(server, '/live/door'))
    mountCamera(server)
    const client = await connectTo(server)
    const url = urlOf(server, '/cam')
    const { session } = await play(client, url)
    const inSession = { headers: { Session: session } }
    for (const method of ['PAUSE', 'PLAY']) await expectOk(client, method, url, inSession)
    const series = seriesOf((await api.call('getMetrics')).body)
    for (const state of ['Playing', 'Recording']) {
      expect(series.get(`rtspool_session_setup_seconds_count{state="${state}"}`)).toBe(1)
      const sum = series.get(`rtspool_session_setup_seconds_sum{state="${state}"}`) ?? 0
      expect(sum).toBeGreaterThan(0)
      expect(sum).toBeLessThan(60)
    }
  })

  it('count bans and what they keep out, and show a drain', async () => {
    const { api, server } = await startApi()
    await api.call('addBan', { body: { path: '/cam' } })
    const client = await connectTo(server)
    mountCamera(server)
    expect((await client.request('DESCRIBE', urlOf(server, '/cam'))).statusCode).toBe(403)
    await server.drain({ seconds: 0 })
    const series = seriesOf((await api.call('getMetrics')).body)
    expect(Object.fromEntries(series)).toMatchObject({
      ...{ rtspool_bans: 1, 'rtspool_bans_made_total{cause="added"}': 1 },
      ...{ rtspool_ban_hits_total: 1, rtspool_draining: 1 },
      'rtspool_snapshots_total{format="jpeg"}': 0,
      'rtspool_snapshots_failed_total{cause="noKeyFrame"}': 0,
      rtspool_snapshot_cache_hits_total: 0,
      rtspool_snapshot_cache_bytes: 0,
      'rtspool_webhook_events_total{outcome="delivered"}': 0,
    })
    const { body } = await api.call('getStats')
    expect(body).toMatchObject({ bans: { now: 1, hits: 1 }, isDraining: true })
  })

  it('have the same series after 10,000 paths, users and agents', { tags: 'B-METR' }, async () => {
    const { api, server } = await startApi()
    const before = seriesOf((await api.call('getMetrics')).body).size
    const client = await connectTo(server)
    for (let n = 0; n < 10_000; n++) {
      server.pool
        .create({ path: `/cam${n}`, owner: { address: `10.0.0.${n % 250}`, user: `u${n}` } })
        .end('removed')
    }
    for (let n = 0; n < 100; n++) {
      const headers = { 'User-Agent': `agent ${n}` }
      await client.request('DESCRIBE', urlOf(server, `/nothing/${n}`), { headers })
    }
    const { body } = await api.call('getMetrics')
    expect(seriesOf(body).size).toBe(before)
    expect(body).not.toMatch(/cam1|u1|agent|nothing/)
  })

  it('have the names that the dashboard of Grafana uses', async () => {
    const { server, api } = await startApi()
    const file = new URL('../../assets/grafana-dashboard.json', import.meta.url)
    const dashboard = readFileSync(file, 'utf8')
    const used = new Set(dashboard.match(/rtspool_\w+/g))
    const text = (await api.call('getMetrics')).body as string
    const known = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name))
    expect(used.size).toBeGreaterThan(10)
    expect([...used].filter((name) => !known.has(name))).toEqual([])
    expect(server.listenerCount('viewerFellBehind')).toBe(2)
  })

  it('stand in the guide, each once, and no others', { tags: 'U-16' }, async () => {
    const { api } = await startApi()
    const guide = readFileSync(
      new URL('../../../../docs/guides/watch-with-prometheus.md', import.meta.url),
      'utf8',
    )
    const documented = [...guide.matchAll(/^\| `(rtspool_\w+)`/gm)].map(([, name]) => name)
    const cluster = new PrometheusMetrics()
    const node = new ClusterNode({ store: new MemoryStore() })
    onTestFinished(() => node.close())
    defineClusterMetrics(cluster, { node, pulls: () => [] })
    const text = `${(await api.call('getMetrics')).body}\n${await cluster.text()}`
    const known = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name)
    expect(documented.sort()).toEqual(known.sort())
  })

  it('leave nothing behind', async () => {
    const plain = await startServer()
    const { server, control, recordings } = await startApi()
    mountCamera(server)
    await Promise.all([control.close(), recordings.close()])
    const names = ['viewerFellBehind', 'viewerCaughtUp', 'mediaStarted'] as const
    for (const name of [...names, 'requestAnswered', 'pressureChanged'] as const) {
      expect(server.listenerCount(name)).toBe(0)
    }
    for (const name of ['sessionCreated', 'sessionRemoved', 'sessionRefused'] as const) {
      expect(server.pool.listenerCount(name)).toBe(plain.pool.listenerCount(name))
    }
  })
})
