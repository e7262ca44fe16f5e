import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { ClusterServer } from './support/cluster-server.js'
import { endPrograms } from './support/process.js'
import { type RedisServer, startRedisServer } from './support/redis-server.js'
import type { Viewer } from './support/viewer.js'

// Processes of the command in one cluster, on a real redis-server: the API of each lists and ends the sessions of all.

const missing = reasonToSkip('redis-server')
if (missing !== undefined && process.env.CI === 'true') throw new Error(missing)
if (missing !== undefined) console.warn(`skipped: ${missing}`)

const patience = { timeout: 30_000, interval: 200 }

interface Listed {
  readonly publicId: string
  readonly user?: string
  readonly node: { readonly name?: string }
}

interface Changed {
  readonly name: string
  readonly isChanged: boolean
}
interface Unheard {
  readonly name: string
  readonly why: string
}

describe.skipIf(missing !== undefined)('the API of each server', { timeout: 90_000 }, () => {
  let redis: RedisServer
  const folder = mkdtempSync(path.join(tmpdir(), 'rtspool-cluster-api-'))
  const servers: ClusterServer[] = []
  const viewers: Viewer[] = []

  async function startServer(name: string): Promise<void> {
    servers.push(await ClusterServer.start(name, redis.path, folder))
  }

  beforeAll(async () => {
    redis = await startRedisServer()
    await Promise.all([startServer('one'), startServer('two')])
  }, 60_000)
  afterAll(async () => {
    await Promise.all(viewers.map((viewer) => viewer.leave('close')))
    await Promise.all(servers.map(({ command }) => command.stop()))
    await endPrograms()
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const serverOf = (name: string) => servers.find((each) => each.name === name) as ClusterServer
  async function watch(name: string, user: string): Promise<void> {
    viewers.push(await serverOf(name).watch(user))
  }
  async function list(name: string, query: Readonly<Record<string, string>> = {}) {
    const { status, body } = await serverOf(name).api.call('listSessions', { query })
    expect(status).toBe(200)
    return body as {
      readonly sessions: readonly Listed[]
      readonly unheard?: readonly { readonly name?: string; readonly why: string }[]
    }
  }
  const whoOf = (sessions: readonly Listed[]) =>
    sessions.map(({ user, node }) => `${user} at ${node.name}`).sort()
  /** Waits until a server lists these sessions, and has heard all others. */
  const expectList = (name: string, expected: readonly string[]) =>
    expect
      .poll(async () => {
        const { sessions, unheard = [] } = await list(name)
        return [...whoOf(sessions), ...unheard.map((each) => `${each.name} ${each.why}`)]
      }, patience)
      .toEqual(expected)

  it('lists the sessions of all, with their servers', async () => {
    await watch('one', 'ann')
    await watch('two', 'ann')
    await watch('two', 'bob')
    for (const { name } of servers) {
      await expectList(name, ['ann at one', 'ann at two', 'bob at two'])
    }
    const own = await list('one', { scope: 'server' })
    expect([own.sessions.length, own.unheard]).toEqual([1, undefined])
  })

  it('ends a session on another server', async () => {
    const { api } = serverOf('one')
    const params = { publicId: '' }
    const find = async () => {
      const { sessions, unheard } = await list('one', { user: 'bob' })
      params.publicId = sessions[0]?.publicId ?? ''
      return [sessions.length, unheard]
    }
    await expect.poll(find, patience).toEqual([1, []])
    // A server under load may answer too late: 409. It may have ended the session nevertheless, and then has none: 404.
    const kick = async () => {
      const { status, body } = await api.call('kickSession', {
        ...{ params, body: { reason: 'too long' } },
      })
      if (status === 200) expect([body.node?.name, body.removalReason]).toEqual(['two', 'kicked'])
      if (status === 409) expect(body.detail).toContain('not heard: two')
      return status
    }
    let wasSilent = false
    await expect
      .poll(async () => {
        const status = await kick()
        wasSilent ||= status === 409
        return status === 200 || (wasSilent && status === 404)
      }, patience)
      .toBe(true)
    await expectList('two', ['ann at one', 'ann at two'])
    const { body: left } = await serverOf('two').api.call('listLeavers', { query: { user: 'bob' } })
    expect(left.leavers[0]).toMatchObject({ reason: 'kicked', note: 'too long' })
    const again = async () => {
      const { status, body } = await api.call('kickSession', { params, body: {} })
      return [status, body.detail]
    }
    await expect.poll(again, patience).toEqual([404, 'no live session has the id'])
  })

  it('ends the sessions of a filter on all servers, with a ban that also a later server has', async () => {
    const { api } = serverOf('two')
    const filter = { user: 'ann' }
    const dryRun = async () => {
      const { body } = await api.call('kickSessions', { body: { filter, dryRun: true } })
      return [body.count, body.unheard]
    }
    await expect.poll(dryRun, patience).toEqual([2, []])
    const wrong = await api.call('kickSessions', { body: { filter, expectedCount: 3 } })
    expect(wrong.status).toBe(409)
    await expectList('one', ['ann at one', 'ann at two'])
    const kick = async () => {
      const { body } = await api.call('kickSessions', { body: { filter, ban: { seconds: 600 } } })
      return body.unheard
    }
    await expect.poll(kick, patience).toEqual([])
    await expectList('one', [])
    await startServer('three')
    for (const server of servers) {
      const users = async () => {
        const { body: bans } = await server.api.call('listBans')
        return bans.bans.map(({ user }: { user?: string }) => user)
      }
      await expect.poll(users, patience).toEqual(['ann'])
      await expect(server.tryWatch('ann')).rejects.toThrow(/403/)
    }
  })

  it('changes the limits of all, and names a server that stands still', async () => {
    const { api } = serverOf('one')
    const change = async (maxSessions: number): Promise<readonly string[]> => {
      const body = { limits: { maxSessions } }
      const { status, body: answer } = await api.call('changeClusterLimits', { body })
      expect(status).toBe(200)
      const changed = answer.nodes.map(({ name, isChanged }: Changed) => `${name} ${isChanged}`)
      return [
        ...changed,
        ...answer.unheard.map(({ name, why }: Unheard) => `${name} ${why}`),
      ].sort()
    }
    const all = servers.map(({ name }) => `${name} true`).sort()
    await expect.poll(() => change(40), patience).toEqual(all)
    for (const server of servers) {
      expect((await server.api.call('getLimits')).body.maxSessions).toBe(40)
    }
    const { program } = serverOf('three').command
    program.kill('SIGSTOP')
    const answers = await change(50).finally(() => program.kill('SIGCONT'))
    expect(answers).toContain('one true')
    expect(answers).toContainEqual(expect.stringMatching(/^three (silent|suspect)$/))
    await expect.poll(() => change(60), patience).toEqual(all)
  })

  it('names a server that was killed, and forgets it after lease and grace', async () => {
    await watch('two', 'bob')
    await watch('one', 'bob')
    await expectList('three', ['bob at one', 'bob at two'])
    const { program } = serverOf('two').command
    program.kill('SIGKILL')
    await program.exited
    const first = await list('one')
    expect(whoOf(first.sessions)).toEqual(['bob at one'])
    expect(first.unheard?.map(({ name }) => name)).toContain('two')
    await expectList('one', ['bob at one'])
  })

  it('goes on with its own sessions while Redis is away, and names the others', async () => {
    await redis.kill()
    await expectList('one', ['bob at one', 'three storeAway'])
    const { sessions } = await list('one')
    const params = { publicId: sessions[0]?.publicId ?? '' }
    expect((await serverOf('one').api.call('kickSession', { params, body: {} })).status).toBe(200)
    await redis.restart()
    await expectList('one', [])
  })
})
