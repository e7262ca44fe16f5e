import { describe, expect, it } from 'vitest'
import { mergeMetrics } from '../../src/metrics/merge-metrics.js'
import { PrometheusMetrics } from '../../src/metrics/prometheus.js'

const sessions = (count: number, state = 'Ready') =>
  [
    '# HELP rtspool_sessions Live sessions by state',
    '# TYPE rtspool_sessions gauge',
    `rtspool_sessions{state="${state}"} ${count}`,
    '',
    '# HELP rtspool_bans Bans in the list',
    '# TYPE rtspool_bans gauge',
    `rtspool_bans ${count + 1}`,
    '',
  ].join('\n')

describe('metrics of several processes', () => {
  it('are one group a metric, whose samples name their process', () => {
    const merged = mergeMetrics(
      new Map([
        [1, sessions(3)],
        [2, sessions(5, '{ odd" }')],
      ]),
    )
    expect(merged.split('\n')).toEqual([
      '# HELP rtspool_sessions Live sessions by state',
      '# TYPE rtspool_sessions gauge',
      'rtspool_sessions{process="1",state="Ready"} 3',
      'rtspool_sessions{process="2",state="{ odd" }"} 5',
      '',
      '# HELP rtspool_bans Bans in the list',
      '# TYPE rtspool_bans gauge',
      'rtspool_bans{process="1"} 4',
      'rtspool_bans{process="2"} 6',
      '',
      '',
    ])
  })

  it('keep what only one of them has, and histograms whole', async () => {
    const set = new PrometheusMetrics()
    const facts = { name: 'times', help: 'Times', label: 'kind' }
    set.times(facts, ['a'], [1])('a', 0.5)
    const lines = mergeMetrics(
      new Map([
        [1, sessions(1)],
        [2, await set.text()],
      ]),
    ).split('\n')
    expect(lines).toContain('times_bucket{process="2",le="1",kind="a"} 1')
    expect(lines).toContain('times_count{process="2",kind="a"} 1')
    expect(lines.filter((line) => line.startsWith('# TYPE'))).toHaveLength(3)
  })
})
