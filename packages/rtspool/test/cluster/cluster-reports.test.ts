import { describe, expect, it } from 'vitest'
import type { ClusterReportList } from '../../src/cluster/cluster-reports.js'
import { until } from '../support/until.js'
import { clusterScene } from './cluster-scene.js'

/** Three nodes, of which two tell something, and a function that asks one of them while time passes. */
async function reporting() {
  const scene = await clusterScene({ nodes: 3 })
  const [first, second, third] = scene.nodes
  let calls = 0
  first.node.reports.provide(() => ({ version: 1 }))
  second.node.reports.provide(() => ({ version: 2, calls: ++calls }))
  const answerOf = async (promise: Promise<ClusterReportList>) => {
    let answer: ClusterReportList | undefined
    void promise.then((list) => (answer = list))
    await until(() => answer !== undefined, scene.pass)
    const { reports, unheard } = await promise
    const heard = reports.map(({ name, facts }) => [name, facts])
    return { heard, missing: unheard.map(({ name, why }) => [name, why]) }
  }
  return { first, second, third: third as typeof first, answerOf, settle: scene.settle }
}

describe('ClusterReports', () => {
  it('has the facts of all nodes, its own first', async () => {
    const { first, third, answerOf } = await reporting()
    const { heard, missing } = await answerOf(first.node.reports.list())
    expect([heard[0], missing]).toEqual([['node 1', { version: 1 }], []])
    expect(heard.slice(1).sort()).toEqual([
      ['node 2', { version: 2, calls: 1 }],
      ['node 3', null],
    ])
    expect((await answerOf(third.node.reports.list())).heard[0]).toEqual(['node 3', null])
  })

  it('names a node that does not answer, or cannot', async () => {
    const { first, second, third, answerOf } = await reporting()
    second.node.reports.provide(() => {
      throw new Error('no facts')
    })
    third.isCut = true
    const { heard, missing } = await answerOf(first.node.reports.list())
    expect(heard).toEqual([['node 1', { version: 1 }]])
    expect(missing.sort()).toEqual([
      ['node 2', 'failed'],
      ['node 3', 'silent'],
    ])
  })

  it('asks once for callers at the same time, and again for later ones', async () => {
    const { first, answerOf } = await reporting()
    const { reports } = first.node
    const asked = [reports.list(), reports.list()]
    expect(await answerOf(asked[0] as Promise<ClusterReportList>)).toEqual(
      await answerOf(asked[1] as Promise<ClusterReportList>),
    )
    expect((await answerOf(reports.list())).heard).toContainEqual([
      'node 2',
      { version: 2, calls: 2 },
    ])
  })
})
