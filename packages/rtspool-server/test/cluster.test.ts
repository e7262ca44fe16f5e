import { expect, it } from 'vitest'
import { openCluster } from '../src/cluster.js'
import type { Config } from '../src/config/schema.js'
import { RepeatLimit } from '../src/log/repeat-limit.js'

const log = new RepeatLimit({} as never)
const cluster = {
  ...{ url: undefined, name: 'rtspool', node: undefined, policy: 'keep' },
  ...{ leaseSeconds: 10, graceSeconds: 20 },
} as Config['cluster']

it('opens nothing without a cluster', async () => {
  expect(await openCluster({ cluster }, log)).toBeUndefined()
})

it('makes the pool of the server a part of the cluster', async () => {
  const lines: unknown[] = []
  const writer = { write: (...line: unknown[]) => lines.push(line) } as unknown as RepeatLimit
  // Nothing listens on port 1.
  const service = await openCluster({ cluster: { ...cluster, url: 'redis://127.0.0.1:1' } }, writer)
  const options = service?.poolOptions({ maxSessions: 7 })
  expect(options).toMatchObject({ maxSessions: 7 })
  expect(Object.keys(options ?? {})).toContain('admission')
  await service?.close()
  const closed = expect.objectContaining({ state: 'closed', previous: 'joining' })
  expect(lines).toContainEqual(['info', 'cluster state changed', 'closed', closed])
})
