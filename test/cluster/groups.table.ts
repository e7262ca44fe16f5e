import { appendFileSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { fixedPorts } from '../interop/support/fixed-ports.js'
import { endPrograms } from '../interop/support/process.js'
import { GroupNodes, maxSessions } from './support/group-nodes.js'
import { ask, eventually, type GroupServer, RedisGroup } from './support/redis-group.js'

// What two nodes see when the server that has their keys fails, and another one gets them: `npm run test:cluster -- --groups` prints
// the time until Redis has again what the nodes have.

const { RTSPOOL_CLUSTER_GROUPS } = process.env
const group = new RedisGroup()
const nodes = new GroupNodes()

afterEach(async () => {
  await nodes.close()
  await group.stop()
  await endPrograms()
})

/** Waits until the nodes have got over a fault that has just begun, judges them, and writes the row of the table. */
async function judge(row: { readonly redis: string; readonly fault: string }): Promise<void> {
  const ms = Math.round(await nodes.missAndFind())
  const { lost, renamed } = nodes
  const most = await nodes.fill()
  if (RTSPOOL_CLUSTER_GROUPS !== undefined) {
    const line = JSON.stringify({ ...row, ms, lost, renamed, most, limit: maxSessions })
    appendFileSync(RTSPOOL_CLUSTER_GROUPS, `${line}\n`)
  }
  expect(lost).toBe(0)
  expect(most).toBe(maxSessions)
}

async function hasRole(port: number, role: 'master' | 'slave'): Promise<boolean> {
  return String(await ask(port, 'INFO', 'replication')).includes(`role:${role}`)
}

/** Starts a master, its replica, three sentinels, and the nodes. */
async function startSentinels(): Promise<{
  master: GroupServer
  replica: number
  ports: number[]
}> {
  const [first] = fixedPorts.sentinels
  const master = await group.startPair(first, first + 1)
  const ports = [first + 2, first + 3, first + 4]
  const name = await group.startSentinels(ports, first)
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join()
  await nodes.start(`redis+sentinel://${hosts}/${name}`)
  return { master, replica: first + 1, ports }
}

const sentinels = 'three sentinels, one replica'

it('sentinels: the master is killed', async () => {
  const { master } = await startSentinels()
  master.program.kill('SIGKILL')
  await judge({ redis: sentinels, fault: 'the master is killed' })
})

it('sentinels: the master stands still, and is back later', async () => {
  const { master, replica } = await startSentinels()
  master.program.kill('SIGSTOP')
  await judge({ redis: sentinels, fault: 'the master stands still' })
  master.program.kill('SIGCONT')
  await eventually('the old master is a replica', () => hasRole(master.port, 'slave'))
  expect(await hasRole(replica, 'master')).toBe(true)
  await nodes.find()
  expect(nodes.lost).toBe(0)
})

it('sentinels: one stands still, and the master is killed', async () => {
  const { master, ports } = await startSentinels()
  group.serverAt(ports[0] as number).kill('SIGSTOP')
  master.program.kill('SIGKILL')
  await judge({ redis: sentinels, fault: 'a sentinel stands still, and the master is killed' })
})

it('sentinels: the master changes by command', async () => {
  const { ports, replica } = await startSentinels()
  await ask(ports[0] as number, 'SENTINEL', 'FAILOVER', 'rtspool-test')
  await eventually('the replica is the master', () => hasRole(replica, 'master'))
  await judge({ redis: sentinels, fault: 'the master changes by SENTINEL FAILOVER' })
})

/** Starts a Redis Cluster of three masters, a replica of the one that has the keys, and the nodes. */
async function startCluster() {
  const [first] = fixedPorts.redisCluster
  const ports = [first, first + 1, first + 2]
  const cluster = await group.startCluster(ports, 10)
  const replica = await group.startMember(first + 3, 10)
  await ask(first, 'CLUSTER', 'MEET', '127.0.0.1', replica.port, replica.port + 10)
  const id = String(await ask(cluster.owner, 'CLUSTER', 'MYID'))
  await eventually('the new member knows the master', async () => {
    await ask(replica.port, 'CLUSTER', 'REPLICATE', id)
    return true
  })
  await eventually('the replica has the data', async () =>
    String(await ask(replica.port, 'INFO', 'replication')).includes('master_link_status:up'),
  )
  const hosts = [...cluster.others, replica.port].map((port) => `127.0.0.1:${port}`).join()
  await nodes.start(`redis+cluster://${hosts}`)
  return cluster
}

const members = 'three masters, one replica'

it('cluster: the keys are moved', async () => {
  const cluster = await startCluster()
  await cluster.moveKeys(cluster.others[0])
  await judge({ redis: members, fault: 'the slot of the keys is moved' })
})

it('cluster: the master of the keys is killed', async () => {
  const { owner } = await startCluster()
  group.serverAt(owner).kill('SIGKILL')
  await judge({ redis: members, fault: 'the master of the keys is killed' })
})
