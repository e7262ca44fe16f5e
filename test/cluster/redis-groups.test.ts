import { afterEach, describe, expect, it } from 'vitest'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { fixedPorts } from '../interop/support/fixed-ports.js'
import { endPrograms } from '../interop/support/process.js'
import { GroupNodes, maxSessions } from './support/group-nodes.js'
import { ask, eventually, RedisGroup } from './support/redis-group.js'

// Nodes whose Redis is one of several servers: the master behind sentinels, or a member of a Redis Cluster. The keys go from one
// server to another, while the nodes have sessions. `npm run test:cluster -- --groups` has more faults.

const missing = reasonToSkip('redis-server')
if (missing !== undefined && process.env.CI === 'true') throw new Error(missing)
if (missing !== undefined) console.warn(`skipped: ${missing}`)

const group = new RedisGroup()
const nodes = new GroupNodes()

afterEach(async () => {
  await nodes.close()
  await group.stop()
  await endPrograms()
})

describe.skipIf(missing !== undefined)('nodes whose Redis has sentinels', () => {
  it('go on with the next master when the first one is killed, and lose no session', async () => {
    const [first] = fixedPorts.sentinels
    const master = await group.startPair(first, first + 1)
    const name = await group.startSentinels([first + 2], first)
    // Nobody listens at the first address.
    await nodes.start(`redis+sentinel://127.0.0.1:${first + 9},127.0.0.1:${first + 2}/${name}`)
    master.program.kill('SIGKILL')
    await nodes.missAndFind()
    expect(await ask(first + 1, 'ROLE')).toMatchObject({ 0: 'master' })
    expect(nodes.lost).toBe(0)
    expect(await nodes.fill()).toBe(maxSessions)
  })
})

describe.skipIf(missing !== undefined)('nodes whose Redis is a Redis Cluster', () => {
  it('find the server that has their keys, also after the keys have moved', async () => {
    const [first] = fixedPorts.redisCluster
    const cluster = await group.startCluster([first, first + 1, first + 2], 10)
    // The only member that the nodes are told of has no key of theirs.
    await nodes.start(`redis+cluster://127.0.0.1:${cluster.others[1]}`)
    const [a, b] = nodes.all
    a?.pool.bans.add({ user: 'eve' })
    await eventually('the other node has the ban', async () => b?.pool.bans.size === 1)
    expect((await a?.node.sessions.count())?.total).toBe(nodes.sessions)
    const [next] = cluster.others
    expect(await cluster.moveKeys(next)).toBeGreaterThan(8)
    await nodes.missAndFind()
    expect(await ask(next, 'CLUSTER', 'COUNTKEYSINSLOT', cluster.slot)).toBeGreaterThan(8)
    expect(nodes.renamed).toBe(0)
    expect(nodes.lost).toBe(0)
    expect(await nodes.fill()).toBe(maxSessions)
  })
})
