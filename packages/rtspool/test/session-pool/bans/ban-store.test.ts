import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isInPrefix } from '../../../src/address-prefix.js'
import { addressDigits } from '../../../src/host-of.js'
import { type BanCause, resolveSubject } from '../../../src/session-pool/bans/ban.js'
import { BanEntry } from '../../../src/session-pool/bans/ban-entry.js'
import { BanStore } from '../../../src/session-pool/bans/ban-store.js'
import type { BanSubject } from '../../../src/session-pool/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

let serial = 0

function banOf(subject: BanSubject, cause: BanCause, endsAt = Number.POSITIVE_INFINITY): BanEntry {
  serial++
  return new BanEntry(
    resolveSubject('test', subject),
    {
      ...{ publicId: `ban ${serial}`, createdTime: new Date(0), cause, endsAt },
      ...{ until: undefined, reason: undefined, author: undefined },
    },
    serial,
  )
}

/** Decides about one ban by the words of the documentation. */
function matches({ endsAt, subject }: BanEntry, client: BanSubject, now: number): boolean {
  const digits = client.address === undefined ? undefined : addressDigits(client.address)
  const { prefix, user, path } = subject
  return (
    endsAt > now &&
    (prefix === undefined || (digits !== undefined && isInPrefix(prefix, digits))) &&
    (user === undefined || user === client.user) &&
    (path === undefined || path === client.path || isBelow(path, client.path))
  )
}

const isBelow = (pattern: string, path: string | undefined): boolean =>
  pattern.endsWith('/*') && path?.startsWith(pattern.slice(0, -1)) === true

const addresses = ['10.0.0.1', '10.0.0.2', '10.1.0.1', '2001:db8::1', '2001:db8:0:1::1']
const networks = ['10.0.0.0/8', '10.0.0.0/24', '0.0.0.0/0', '2001:db8::/32', '::/0']
const users = ['ann', 'bob']
const paths = ['/', '/cam', '/cams/1', '/cams/1/low', '/cams/2']
const patterns = ['/*', '/cams/*', '/cams/1/*']
const maybe = (values: readonly string[]) =>
  fc.option(fc.constantFrom(...values), { nil: undefined })
const clients = fc.record({ address: maybe(addresses), user: maybe(users), path: maybe(paths) })
const subjects = fc
  .record({
    address: maybe([...addresses, ...networks]),
    user: maybe(users),
    path: maybe([...paths, ...patterns]),
  })
  .filter(({ address, user, path }) => [address, user, path].some((part) => part !== undefined))
const steps = fc.oneof(
  fc.record({
    add: subjects,
    cause: fc.constantFrom<BanCause>('added', 'flapping'),
    ms: fc.option(fc.nat(5000), { nil: Number.POSITIVE_INFINITY }),
  }),
  fc.record({ remove: fc.nat(20) }),
  fc.record({ makeRoom: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ advance: fc.nat(2000) }),
)

describe('BanStore', () => {
  it('finds, displaces and expires what a scan of all bans does', () => {
    fc.assert(
      fc.property(
        fc.array(steps, { maxLength: 60 }),
        fc.array(clients, { minLength: 1, maxLength: 10 }),
        (history, asking) => {
          const clock = new ManualClock()
          const left: string[] = []
          const store = new BanStore(clock, (ban, reason) => left.push(`${reason} ${ban.publicId}`))
          for (const step of history) {
            const held = [...store.values()]
            if ('add' in step) {
              const ban = banOf(step.add, step.cause, clock.now() + step.ms)
              if (!store.of(ban.subject)) store.enter(ban)
            } else if ('remove' in step) {
              const ban = held[step.remove]
              if (ban) store.drop(ban, 'removed')
            } else if ('advance' in step) {
              clock.advance(step.advance)
            } else if (held.length >= step.makeRoom) {
              const oldest = held.find(({ cause }) => cause === 'flapping')
              if (oldest) store.makeRoom(step.makeRoom)
              else expect(() => store.makeRoom(step.makeRoom)).toThrow('maximum number of bans')
              if (oldest) expect(left.at(-1)).toBe(`displaced ${oldest.publicId}`)
            }
            const now = clock.now()
            for (const client of asking) {
              const found = store.find(client)
              const matching = [...store.values()].filter((ban) => matches(ban, client, now))
              if (found) expect(matching).toContain(found)
              else expect(matching).toEqual([])
            }
          }
          clock.advance(10_000)
          expect([...store.values()].every(({ endsAt }) => endsAt > clock.now())).toBe(true)
          store.close()
          expect(clock.pendingTimers).toBe(0)
        },
      ),
      { numRuns: 200 },
    )
  })

  it.each<[string, (n: number) => BanSubject, BanSubject]>([
    ['user', (n) => ({ user: 'ann', path: `/cams/${n}` }), { user: 'ann', path: '/cams/9999' }],
    [
      'network',
      (n) => ({ address: '10.0.0.0/8', user: `user ${n}` }),
      { address: '10.1.2.3', user: 'user 9999' },
    ],
    [
      'pattern',
      (n) => ({ path: '/cams/*', address: `10.0.${n >> 8}.${n & 255}` }),
      { path: '/cams/1', address: '10.0.39.15' },
    ],
  ])('looks at few of 10,000 bans of one %s', (_name, subjectOf, client) => {
    const clock = new ManualClock()
    const store = new BanStore(clock, () => {})
    let looks = 0
    for (let n = 0; n < 10_000; n++) {
      const endsAt = clock.now() + 60_000 + n
      const ban = banOf(subjectOf(n), n < 9900 ? 'added' : 'flapping')
      const get = (): number => {
        looks++
        return endsAt
      }
      Object.defineProperty(ban, 'endsAt', { get })
      store.enter(ban)
    }
    const looksOf = (action: () => unknown): number => {
      looks = 0
      action()
      return looks
    }
    const last = store.find(client)
    expect(last?.serial).toBe(serial)
    expect(looksOf(() => store.find(client))).toBeLessThan(10)
    expect(looksOf(() => store.makeRoom(10_000))).toBeLessThan(100)
    expect(looksOf(() => store.assertRoom(90, 10_000))).toBeLessThan(10)
    expect(looksOf(() => last && store.drop(last, 'removed'))).toBeLessThan(100)
    store.close()
  })
})
