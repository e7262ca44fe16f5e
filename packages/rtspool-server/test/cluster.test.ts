import { hostname } from 'node:os'
import { RtspServer } from 'rtspool'
import { MemoryStore } from 'rtspool/cluster'
import { expect, it } from 'vitest'
import { openCluster } from '../src/cluster.js'
import type { Config } from '../src/config/schema.js'
import { RepeatLimit } from '../src/log/repeat-limit.js'
import type { OwnProcess } from '../src/processes/own-process.js'

const log = new RepeatLimit({} as never)
const cluster = {
  ...{ url: undefined, processes: 1, name: 'rtspool', node: undefined, policy: 'keep' },
  ...{ leaseSeconds: 10, graceSeconds: 20, holdSeconds: 30, overdraft: 4 },
  ...{ idKeys: [], sessionsElsewhere: 'reject' },
} as Config['cluster']
const rtsp = { port: 8554 } as Config['rtsp']
const publish = { takeover: 'idle' } as Config['publish']

it('opens nothing without a cluster', async () => {
  expect(await openCluster({ cluster, rtsp, publish }, log)).toBeUndefined()
})

it('makes the pool of the server a part of the cluster', async () => {
  const lines: unknown[] = []
  const writer = { write: (...line: unknown[]) => lines.push(line) } as unknown as RepeatLimit
  // Nothing listens on port 1.
  const section = { ...cluster, url: 'redis://127.0.0.1:1' }
  const service = await openCluster({ cluster: section, rtsp, publish }, writer)
  const options = service?.serverOptions({ pool: { maxSessions: 7 } })
  expect(options?.pool).toMatchObject({ maxSessions: 7 })
  expect(Object.keys(options?.pool ?? {})).toContain('admission')
  expect(Object.keys(options ?? {})).toEqual(['pool', 'onUnknownPath', 'onAnnounce', 'isPeer'])
  await service?.close()
  const closed = expect.objectContaining({ state: 'closed', previous: 'joining' })
  expect(lines).toContainEqual(['info', 'cluster state changed', 'closed', closed])
})

it('passes requests on to the server of their session, if the configuration says so', async () => {
  const writer = { write: () => {} } as unknown as RepeatLimit
  const section = {
    ...{ ...cluster, url: 'redis://127.0.0.1:1', address: 'rtsp://127.0.0.1:8554' },
    ...{ key: 'a secret of all servers', idKeys: ['a secret for ids'] },
    sessionsElsewhere: 'relay' as const,
  }
  const service = await openCluster({ cluster: section, rtsp, publish }, writer)
  const options = service?.serverOptions({ pool: {} })
  expect(options?.onUnknownSession).toBeTypeOf('function')
  expect(Object.keys(options?.pool ?? {})).toContain('idCodec')
  await service?.close()
})

it('passes the overdraft on, which the node checks', async () => {
  const openStore = async () => ({ store: new MemoryStore(), close: () => {} })
  const own = { number: 1, key: 'a secret of all processes', openStore } as unknown as OwnProcess
  const writer = { write: () => {} } as unknown as RepeatLimit
  const section = { ...cluster, overdraft: -1 }
  const opening = openCluster({ cluster: section, rtsp, publish }, writer, own)
  await expect(opening).rejects.toThrow(/overdraft must be .*-1/)
})

it('makes one of several processes a member with the store of their parent', async () => {
  const store = new MemoryStore({ warmMs: 0 })
  let isClosed = false
  const close = (): void => {
    isClosed = true
  }
  const [key, url] = ['a secret of all processes', 'rtsp://127.0.0.1:5002']
  const own = {
    number: 2,
    key,
    url,
    openStore: async () => ({ store, close }),
  } as unknown as OwnProcess
  const writer = { write: () => {} } as unknown as RepeatLimit
  const service = await openCluster({ cluster, rtsp, publish }, writer, own)
  await service?.start(new RtspServer(service.serverOptions({ pool: {} })), '1.2.3')
  const [node] = await store.nodes()
  const { reports = [] } = (await service?.node.reports.list()) ?? {}
  expect(reports.map(({ facts }) => facts)).toMatchObject([{ version: '1.2.3', pullCount: 0 }])
  expect(node).toMatchObject({ state: 'active', info: `{"name":"${hostname()}/2","protocol":2}` })
  await service?.close()
  expect([isClosed, (await store.nodes())[0]?.state]).toEqual([true, 'dead'])
})
