import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { mountCamera } from '../../../rtspool/test/support/dialogue.js'
import {
  connectTo,
  play,
  publish,
  startServer,
  urlOf,
} from '../../../rtspool/test/support/test-server.js'
import { startApi } from '../api/api-scene.js'

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
    const text = (await api.call('getMetrics')).body as string
    const known = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name)
    expect(documented.sort()).toEqual(known.sort())
  })

  it('leave nothing behind', async () => {
    const plain = await startServer()
    const { server, control } = await startApi()
    mountCamera(server)
    await control.close()
    for (const name of ['viewerFellBehind', 'viewerCaughtUp', 'mediaStarted'] as const) {
      expect(server.listenerCount(name)).toBe(0)
    }
    for (const name of ['sessionCreated', 'sessionRemoved', 'sessionRefused'] as const) {
      expect(server.pool.listenerCount(name)).toBe(plain.pool.listenerCount(name))
    }
  })
})
