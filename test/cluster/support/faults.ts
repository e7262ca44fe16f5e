import { settle } from '../../../packages/rtspool/test/support/until.js'
import type { TestCluster } from './test-cluster.js'

/** Fault of a cluster, from its beginning to its end. */
export interface Fault {
  readonly name: string
  /** Redis keeps a file with each change: `--appendonly yes --appendfsync everysec`. */
  readonly isAppendOnly?: boolean
  readonly run: (cluster: TestCluster) => Promise<void>
}

const why = 'a fault lasts in real time'

/** Milliseconds of lease and grace, after which the ledger may declare a silent node dead. */
const deathMs = ({ settings: { times } }: TestCluster): number => times.leaseMs + times.graceMs

async function hang(cluster: TestCluster, deaths: number): Promise<void> {
  cluster.redis.pause()
  await settle(deaths * deathMs(cluster), why)
  cluster.redis.resume()
}

/** Stops what one node and Redis send to each other, in the ways of a network that fails. */
async function partition(cluster: TestCluster, kind: 'hang' | 'cut'): Promise<void> {
  const proxy = cluster.nodes[0]?.proxy
  proxy?.[kind]()
  await settle(1.5 * deathMs(cluster), why)
  proxy?.pass()
}

/** Lets a node die, and starts another one in its place. */
async function killNode(cluster: TestCluster): Promise<void> {
  await cluster.nodes[1]?.kill()
  await settle(1.2 * deathMs(cluster), why)
  cluster.restart(1)
  await cluster.nodes[1]?.ready()
}

export const faults: readonly Fault[] = [
  { name: 'none', run: () => settle(2000, why) },
  { name: 'Redis stands still, half as long as a death takes', run: (all) => hang(all, 0.5) },
  { name: 'Redis stands still, three times as long', run: (all) => hang(all, 3) },
  {
    name: 'Redis is killed, and is back at once without data',
    run: (all) => all.restartRedis('nothing', 0),
  },
  {
    name: 'Redis is killed, and is back later without data',
    run: (all) => all.restartRedis('nothing', 1.5 * deathMs(all)),
  },
  {
    name: 'Redis is killed, and is back with its file',
    isAppendOnly: true,
    run: (all) => all.restartRedis('older', 500),
  },
  {
    name: 'the route of one node swallows everything, and brings it later',
    run: (all) => partition(all, 'hang'),
  },
  { name: 'each connection of one node is reset', run: (all) => partition(all, 'cut') },
  {
    name: 'the route of one node is slow: 200 ms each way',
    async run(all) {
      for (const { proxy } of all.nodes.slice(0, 1)) proxy.delayMs = 200
      await settle(1.5 * deathMs(all), why)
    },
  },
  { name: 'a node is killed, and starts again', run: killNode },
  {
    name: 'one node is partitioned, and then another one killed',
    async run(all) {
      all.nodes[0]?.proxy.hang()
      await killNode(all)
    },
  },
]
