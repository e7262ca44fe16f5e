import { afterEach, describe, expect, it } from 'vitest'
import { GroupClient } from '../../../src/cluster/redis/group-client.js'
import { readRedisAddress, type ServerGroup } from '../../../src/cluster/redis/redis-address.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { nextTurn } from '../../support/until.js'

type Reply = (args: readonly string[]) => unknown

/** Servers by port, each with its replies, and what was done with them. */
function group(url: string, servers: Record<number, Reply | undefined>) {
  const clock = new ManualClock()
  const log: string[] = []
  const errors: string[] = []
  const open = new Map<number, { isOpen: boolean; onLost: (error: unknown) => void }>()
  const client = new GroupClient({
    ...{ group: readRedisAddress('url', url) as ServerGroup, clock, key: 'rtspool:{a}:meta' },
    ...{ backoff: { firstMs: 50, maxMs: 200, jitter: 0 }, silenceMs: 2000 },
    onError: (error) => errors.push((error as Error).message),
    async open({ host, port }, login, onLost) {
      log.push(`open ${host}:${port} ${Object.values(login).join()}`.trim())
      if (servers[port] === undefined) throw new Error('refused')
      const connection = {
        ...{ isOpen: true, onLost },
        async sendCommand(args: readonly string[]) {
          log.push(`${port} ${args.join(' ')}`)
          const reply = servers[port]?.(args)
          if (reply instanceof Error) throw reply
          return reply
        },
        close() {
          connection.isOpen = false
          log.push(`close ${port}`)
        },
      }
      open.set(port, connection)
      return connection
    },
  })
  clients.push([client, clock])
  return { client, servers, clock, errors, open, done: () => log.splice(0) }
}

const clients: [GroupClient, ManualClock][] = []
afterEach(() => {
  for (const [client, clock] of clients.splice(0)) {
    client.close()
    expect(clock.pendingTimers).toBe(0)
  }
})

const get = ['GET', 'x']
const masterAt = (port: number) => () => ['10.0.0.1', String(port)]

describe('GroupClient of sentinels', () => {
  const url = 'redis+sentinel://ann:pw@s:1,s:2/m?sentinel_password=sp'

  it('asks one sentinel after the other for the master, and connects to it', async () => {
    const { client, done, errors } = group(url, { 2: masterAt(9), 9: () => 'reply' })
    await nextTurn(2)
    expect(done()).toEqual([
      ...['open s:1 sp', 'open s:2 sp', '2 SENTINEL GET-MASTER-ADDR-BY-NAME m', 'close 2'],
      'open 10.0.0.1:9 ann,pw',
    ])
    expect(await client.sendCommand(get)).toBe('reply')
    expect(errors).toEqual([])
  })

  it('rejects commands at once while no master is known, and goes on looking', async () => {
    const { client, servers, clock, errors } = group(url, { 1: () => null })
    await expect(client.sendCommand(get)).rejects.toThrow(/no server of Redis/)
    await nextTurn(2)
    const why = 's:1: the sentinel watches no master m; s:2: refused'
    expect(errors).toEqual([why])
    for (const ms of [50, 100, 200, 200]) {
      clock.advance(ms)
      await nextTurn(2)
    }
    expect(errors).toEqual([why, why, why, why, why])
    Object.assign(servers, { 2: masterAt(9), 9: () => 'reply' })
    clock.advance(200)
    await nextTurn(2)
    expect(await client.sendCommand(get)).toBe('reply')
  })

  it('follows the sentinel that has answered last to another master, after a loss', async () => {
    const { client, servers, clock, open, done, errors } = group(url, {
      2: masterAt(8),
      8: () => 'old',
    })
    await nextTurn(2)
    done()
    Object.assign(servers, { 1: masterAt(8), 2: masterAt(9), 9: () => 'new' })
    open.get(8)?.onLost(new Error('reset'))
    await expect(client.sendCommand(get)).rejects.toThrow(/no server of Redis/)
    expect(errors).toEqual(['reset'])
    clock.advance(50)
    await nextTurn(2)
    expect(done()).toEqual([
      ...['close 8', 'open s:2 sp', '2 SENTINEL GET-MASTER-ADDR-BY-NAME m', 'close 2'],
      'open 10.0.0.1:9 ann,pw',
    ])
    expect(await client.sendCommand(get)).toBe('new')
  })

  it.each(['READONLY You can not write', 'MASTERDOWN Link is down'])(
    'leaves a server that is no master any longer: %s',
    async (message) => {
      const { client, servers, clock } = group(url, { 1: masterAt(8), 8: () => new Error(message) })
      await nextTurn(2)
      await expect(client.sendCommand(get)).rejects.toThrow(message)
      Object.assign(servers, { 1: masterAt(9), 9: () => 'new' })
      clock.advance(50)
      await nextTurn(2)
      expect(await client.sendCommand(get)).toBe('new')
    },
  )

  it('keeps a server that refuses a command for another reason', async () => {
    const { client, done } = group(url, { 1: masterAt(8), 8: () => new Error('LOADING') })
    await nextTurn(2)
    done()
    await expect(client.sendCommand(get)).rejects.toThrow('LOADING')
    expect(done()).toEqual(['8 GET x'])
  })

  it('leaves a server that has sent no reply for long, though commands are written', async () => {
    const silent = new Promise(() => {})
    const { client, servers, clock } = group(url, { 1: masterAt(8), 8: () => silent })
    await nextTurn(2)
    // A pause without commands is no silence.
    clock.advance(60_000)
    client.sendCommand(get).catch(() => {})
    clock.advance(1999)
    client.sendCommand(get).catch(() => {})
    clock.advance(1)
    Object.assign(servers, { 1: masterAt(9), 9: () => 'new' })
    await expect(client.sendCommand(get)).rejects.toThrow('no reply for 2000 ms')
    clock.advance(50)
    await nextTurn(2)
    expect(await client.sendCommand(get)).toBe('new')
  })

  it('keeps a server that replies, though some commands wait', async () => {
    const { client, clock } = group(url, {
      1: masterAt(8),
      8: ([name]) => (name === 'WAIT' ? new Promise(() => {}) : 'reply'),
    })
    await nextTurn(2)
    client.sendCommand(['WAIT']).catch(() => {})
    for (let n = 0; n < 4; n++) {
      clock.advance(1500)
      expect(await client.sendCommand(get)).toBe('reply')
    }
  })

  it('closes a connection that is there only after its own end', async () => {
    const { client, done } = group(url, { 1: masterAt(8), 8: () => 'x' })
    client.close()
    await nextTurn(2)
    expect(done().slice(-2)).toEqual(['open 10.0.0.1:8 ann,pw', 'close 8'])
    await expect(client.sendCommand(get)).rejects.toThrow(/no server of Redis/)
  })
})

describe('GroupClient that is closed', () => {
  it('asks no further server', async () => {
    const { client, done } = group('redis+sentinel://s:1,s:2/m', { 2: masterAt(9) })
    client.close()
    await nextTurn(2)
    expect(done()).toEqual(['open s:1'])
  })
})

describe('GroupClient of a Redis Cluster', () => {
  const url = 'redis+cluster://:pw@h:1,h:2'
  const moved = (to: string) => () => new Error(`MOVED 3999 ${to}`)

  it('follows the members to the one that has the key', async () => {
    const servers = { 2: moved('fd00::7:3'), 3: moved(':4'), 4: () => 'reply' }
    const { client, done } = group(url, servers)
    await nextTurn(4)
    expect(done()).toEqual([
      ...['open h:1 pw', 'open h:2 pw', '2 EXISTS rtspool:{a}:meta', 'close 2'],
      ...['open fd00::7:3 pw', '3 EXISTS rtspool:{a}:meta', 'close 3'],
      ...['open fd00::7:4 pw', '4 EXISTS rtspool:{a}:meta'],
    ])
    expect(await client.sendCommand(get)).toBe('reply')
  })

  it('follows a key that has moved', async () => {
    let hasMoved = false
    const old: Reply = () => (hasMoved ? new Error('MOVED 3999 h:4') : 'old')
    const { client, clock } = group(url, { 1: old, 4: () => 'new' })
    await nextTurn(2)
    expect(await client.sendCommand(get)).toBe('old')
    hasMoved = true
    await expect(client.sendCommand(get)).rejects.toThrow('MOVED')
    clock.advance(50)
    await nextTurn(3)
    expect(await client.sendCommand(get)).toBe('new')
  })

  it('ends a search in a circle', async () => {
    const { errors, done } = group(url, { 1: moved('h:1') })
    await nextTurn(8)
    expect(errors).toEqual(['h:1: MOVED 3999 h:1; h:2: refused'])
    expect(done().filter((line) => line === '1 EXISTS rtspool:{a}:meta')).toHaveLength(6)
  })
})
