import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RefusedConnections, RtspServer } from '../../../src/index.js'
import { AddressRanges } from '../../../src/server/auth/address-ranges.js'
import { ConnectionLimits } from '../../../src/server/door/connection-limits.js'
import { descriptorLimit } from '../../../src/server/door/descriptor-limit.js'
import { connectionLimits } from '../../../src/server/resolved-options.js'
import { LiveOptions } from '../../../src/server/update.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { nativeSockets } from '../../../src/transport/system/native-sockets.js'
import { openTunnel } from '../../support/http-client.js'
import {
  connectTlsTo,
  connectTo,
  expectOk,
  startServer,
  testCertificate,
} from '../../support/test-server.js'
import { until } from '../../support/until.js'

const channel = 'rtspool:connections-refused'
const told: RefusedConnections[] = []
const note = (message: unknown): void => void told.push(message as RefusedConnections)

beforeEach(() => {
  told.length = 0
  subscribe(channel, note)
})
afterEach(() => void unsubscribe(channel, note))

function shares(maxConnections: number, maxConnectionsPerAddress: number, trusted: string[] = []) {
  const clock = new ManualClock()
  const trustedAddresses = new AddressRanges('trustedAddresses', trusted)
  const limits = { maxConnections, maxConnectionsPerAddress, trustedAddresses, clock }
  return { clock, shares: new ConnectionLimits(limits) }
}

describe('ConnectionLimits', { tags: 'S-3' }, () => {
  it.each<[string, (at: number) => string]>([
    ['one IPv4 address', () => '192.0.2.7'],
    ['many addresses of one IPv6 network', (at) => `2001:db8:1:2::${at.toString(16)}`],
    ['interfaces of one IPv6 network', (at) => `2001:db8:1:2:${at + 1}:${at}::9`],
  ])('%s get one share', { tags: ['S-4', 'B-FD'] }, (_name, addressOf) => {
    const { shares: all } = shares(40, 10)
    const places = Array.from({ length: 30 }, (_, at) => all.take(addressOf(at)))
    expect(places.filter(Boolean)).toHaveLength(10)
    expect(all.take('198.51.100.1')).toBeDefined()
    expect(all.take('2001:db8:1:3::1')).toBeDefined()
    places[3]?.()
    expect(all.take(addressOf(31))).toBeDefined()
    expect(all.take(addressOf(32))).toBeUndefined()
  })

  it('all hosts together get no more than there is, those that are trusted too', () => {
    const { shares: all } = shares(8, 2, ['10.0.0.0/8'])
    for (let at = 0; at < 20; at++) all.take(`192.0.2.${at}`)
    expect([all.size, all.refused, all.take('10.1.2.3')]).toEqual([8, 12, undefined])
  })

  it('a connection that comes again counts once, for its last address, until it closes', () => {
    const { shares: all } = shares(8, 2)
    const [raw, secure, other] = [new Socket(), new Socket(), new Socket()]
    expect([all.hold(raw, '192.0.2.7'), all.hold(other, '192.0.2.7')]).toEqual([true, true])
    all.rename(raw, secure)
    expect(all.hold(secure, '192.0.2.7')).toBe(true)
    raw.emit('close')
    expect([all.size, all.hold(secure, '192.0.2.8'), all.size, all.hosts]).toEqual([2, true, 2, 2])
    expect([all.hold(raw, '192.0.2.7'), all.hold(secure, '192.0.2.7')]).toEqual([true, false])
    for (const socket of [raw, secure, other]) socket.emit('close')
    expect([all.size, all.hosts, all.refused]).toEqual([0, 0, 1])
    expect(raw.listenerCount('close')).toBe(0)
  })

  it('a trusted address has no limit, and uses no share of others', () => {
    const { shares: all } = shares(100, 5, ['10.0.0.0/8', 'fd00:1::/32', '192.0.2.9'])
    for (const address of ['10.9.9.9', 'fd00:1:2:3::4', '192.0.2.9']) {
      for (let count = 0; count < 20; count++) expect(all.take(address)).toBeDefined()
    }
    for (let count = 0; count < 9; count++) all.take('192.0.2.8')
    expect([all.size, all.refused]).toEqual([65, 4])
  })

  it('0 is no limit', () => {
    const { shares: all } = shares(0, 0)
    for (let count = 0; count < 5000; count++) all.take('192.0.2.7')
    expect([all.size, all.hosts]).toEqual([5000, 1])
  })

  it('hosts without connections are forgotten', () => {
    const { shares: all } = shares(0, 5)
    const places = Array.from({ length: 1000 }, (_, at) => all.take(`10.0.${at >> 8}.${at & 255}`))
    for (const giveBack of places) giveBack?.()
    expect([all.size, all.hosts]).toEqual([0, 0])
  })

  it('is reported once in 10 s, with the number since', { tags: 'B-LOG' }, () => {
    const { clock, shares: all } = shares(3, 1)
    for (let count = 0; count < 1001; count++) all.take('192.0.2.7')
    clock.advance(9_999)
    all.take('192.0.2.7')
    const first = { limit: 'maxConnectionsPerAddress', address: '192.0.2.7', count: 1 }
    expect(told).toEqual([first])
    clock.advance(1)
    all.take('198.51.100.1')
    all.take('198.51.100.2')
    all.take('198.51.100.3')
    expect(told).toEqual([first, { limit: 'maxConnections', address: '198.51.100.3', count: 1001 }])
  })
})

describe('default limits', { tags: 'S-3' }, () => {
  it.each([
    [{}, 1_048_576, [10_000, 2500]],
    [{}, 1024, [960, 240]],
    [{}, 256, [192, 48]],
    [{}, 64, [1, 1]],
    [{}, undefined, [10_000, 2500]],
    [{ maxConnections: 0 }, undefined, [0, 0]],
    [{ maxConnections: 0 }, 1024, [960, 240]],
    [{ maxConnections: 100 }, 1024, [100, 25]],
    [{ maxConnections: 5000 }, 1024, [960, 240]],
    [{ maxConnections: 10, maxConnectionsPerAddress: 0 }, 1024, [10, 0]],
    [{ maxConnectionsPerAddress: 7 }, 1024, [960, 7]],
    [{ sendThreads: 2 }, 1024, nativeSockets() ? [480, 120] : [960, 240]],
    [{ sendThreads: 2, nativeSockets: false }, 1024, [960, 240]],
    [{ sendThreads: 0 }, 1024, [960, 240]],
    [{ sendThreads: 'auto' as const }, 1024, [960, 240]],
    [{ sendThreads: 'auto' as const, maxConnections: 0 }, 2064, [2000, 500]],
  ])('%o with %s descriptors', (options, descriptors, expected) => {
    const limits = connectionLimits(options, descriptors ?? Number.POSITIVE_INFINITY)
    expect([limits.maxConnections, limits.maxConnectionsPerAddress]).toEqual(expected)
  })

  it('stay those with send threads when they change', (context) => {
    const descriptors = descriptorLimit()
    if (descriptors === undefined) context.skip('this system has no limit on descriptors')
    const options = new LiveOptions({ sendThreads: 2, maxConnections: 10 })
    options.update({ maxConnections: 0 })
    const each = nativeSockets() ? 2 : 1
    const expected = Math.floor((Number(descriptors) - 64) / each)
    expect(options.resolved.maxConnections).toBe(expected)
  })

  it.each([
    ['Limit  Soft Limit  Hard Limit  Units\nMax open files            1024   4096   files\n', 1024],
    ['Max open files            unlimited            unlimited            files', undefined],
    ['Max locked memory         8388608              8388608              bytes', undefined],
  ])('%j says %s', (text, limit) => {
    expect(descriptorLimit(text)).toBe(limit)
  })

  it('this process has a limit, or none', () => {
    expect(descriptorLimit() ?? Number.POSITIVE_INFINITY).toBeGreaterThan(64)
  })

  it.each([['10.0.0.0/33'], ['fd00::/129'], ['a'], ['10.0.0.1/8/8'], ['10.0.0.1/'], [7]])(
    'trustedAddresses refuses %s',
    (address) => {
      const make = () => new AddressRanges('trustedAddresses', [address as string])
      expect(make).toThrow(/trustedAddresses\[0\] must be/)
    },
  )
})

describe('a server', { tags: 'S-3' }, () => {
  const limited = { maxConnections: 20, maxConnectionsPerAddress: 3, trustedAddresses: [] }
  const refused = (server: RtspServer) => server.stats().refusedConnections

  it('closes connections above the share of an address at once, and accepts others', {
    tags: 'B-FD',
  }, async () => {
    const server = await startServer(limited)
    const clients = []
    for (let count = 0; count < 8; count++) clients.push(await connectTo(server))
    await until(() => refused(server) === 5)
    for (const client of clients.slice(0, 3)) await expectOk(client, 'OPTIONS', '*')
    for (const client of clients.slice(3)) await client.closed()
    await expectOk(await connectTo(server, '127.0.0.2'), 'OPTIONS', '*')
    await clients[0]?.close()
    await until(() => server.stats().connections < 4)
    await expectOk(await connectTo(server), 'OPTIONS', '*')
    expect(told).toEqual([{ limit: 'maxConnectionsPerAddress', address: '127.0.0.1', count: 1 }])
  })

  it('counts TLS, tunnels and plain connections together', async () => {
    const server = await startServer({ ...limited, tls: { port: 0, ...testCertificate('first') } })
    await expectOk(await connectTlsTo(server), 'OPTIONS', '*')
    await openTunnel(server)
    await (await connectTo(server)).closed()
    expect(refused(server)).toBe(1)
  })

  it('lets the loopback in without a share by default', async () => {
    const server = await startServer({ maxConnections: 20, maxConnectionsPerAddress: 1 })
    for (let count = 0; count < 5; count++) await expectOk(await connectTo(server), 'OPTIONS', '*')
    expect(refused(server)).toBe(0)
  })
})
