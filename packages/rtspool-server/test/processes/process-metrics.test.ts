import { RtspServer } from 'rtspool'
import { expect, it } from 'vitest'
import { ProcessMetrics } from '../../src/processes/process-metrics.js'

it('has the metrics of a process without a control API', async () => {
  const rtsp = new RtspServer({ pool: { maxSessions: 7 } })
  const before = rtsp.listenerCount('requestAnswered')
  const metrics = new ProcessMetrics({
    ...{ rtsp, sources: { ownStatuses: [] }, cluster: undefined, version: '1.2.3' },
  })
  const lines = (await metrics.text()).split('\n')
  expect(lines).toContain('rtspool_session_limit 7')
  expect(lines).toContain('rtspool_media_down 0')
  expect(lines).toContain('rtspool_snapshots_total{format="jpeg"} 0')
  metrics.close()
  expect(rtsp.listenerCount('requestAnswered')).toBe(before)
})
