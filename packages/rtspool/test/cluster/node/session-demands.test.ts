import { describe, expect, it } from 'vitest'
import { demandsOf, limitOf, pathDemandOf } from '../../../src/cluster/node/session-demands.js'

const none = {
  ...{ maxSessions: 0, maxSessionsPerAddress: 0, maxSessionsPerUser: 0, maxSessionsPerPath: 0 },
  ...{ maxSessionsPerGroup: {}, maxIdleSetup: 0, maxLifetime: 0 },
}
const session = {
  owner: { address: '2001:db8::1', user: 'ann lee' },
  path: '/cam',
  groups: { tenant: 'acme', plan: 'free' },
}

describe('demandsOf', () => {
  it('returns each limit with a number, in one order', () => {
    const limits = {
      ...none,
      ...{ maxSessions: 9, maxSessionsPerAddress: 8, maxSessionsPerUser: 7, maxSessionsPerPath: 6 },
      maxSessionsPerGroup: { tenant: { acme: 5, other: 4 }, plan: { free: 3 } },
    }
    expect(demandsOf(limits, session)).toEqual([
      { key: 'pool', max: 9 },
      { key: 'address 2001:db8:0:0', max: 8 },
      { key: 'user ann lee', max: 7 },
      { key: 'group plan=free', max: 3 },
      { key: 'group tenant=acme', max: 5 },
      { key: 'path /cam', max: 6 },
    ])
  })

  it('leaves out limits of 0, and those that do not apply to the session', () => {
    expect(demandsOf(none, session)).toEqual([])
    const limits = { ...none, maxSessionsPerUser: 1, maxSessionsPerPath: 1 }
    const stranger = { owner: { address: '192.0.2.1' }, path: undefined, groups: undefined }
    expect(demandsOf(limits, stranger)).toEqual([])
    expect(
      demandsOf({ ...limits, maxSessionsPerGroup: { constructor: { a: 1 } } }, session),
    ).toEqual([
      { key: 'user ann lee', max: 1 },
      { key: 'path /cam', max: 1 },
    ])
    expect(pathDemandOf(none, '/cam')).toEqual([])
  })

  it.each([
    { key: 'pool', limit: 'maxSessions' },
    { key: 'address 192.0.2.1', limit: 'maxSessionsPerAddress' },
    { key: 'user pool', limit: 'maxSessionsPerUser' },
    { key: 'group plan=free', limit: 'maxSessionsPerGroup' },
    { key: 'path /a b', limit: 'maxSessionsPerPath' },
    { key: 'moon', limit: 'admissionControl' },
  ])('names the limit of $key', ({ key, limit }) => {
    expect(limitOf(key)).toBe(limit)
  })
})
