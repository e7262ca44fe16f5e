import { describe, expect, it } from 'vitest'
import {
  type AccessAction,
  type AccessContext,
  type AccessRule,
  AccessRules,
} from '../../../src/server/auth/rules.js'

const address = '127.0.0.1'
const users = new Set(['ann', 'bob'])

function ask(
  rules: readonly AccessRule[],
  user: string | undefined,
  path: string | undefined,
  ...actions: AccessAction[]
): Promise<boolean> {
  const context: AccessContext = { user, path, address, action: undefined }
  return new AccessRules(rules, users).allows({ context, actions })
}

describe('rules', () => {
  const rules: readonly AccessRule[] = [
    { path: '/*', read: 'authenticated' },
    { path: '/live/*', read: 'anyone', publish: ['ann'] },
    { path: '/live/door', publish: ['bob'] },
    { path: '/live/hall/*', read: ['ann'] },
  ]

  it.each([
    { path: '/', action: 'read', may: [false, true, true] },
    { path: '/cam', action: 'read', may: [false, true, true] },
    { path: '/cam', action: 'publish', may: [false, false, false] },
    { path: '/live', action: 'read', may: [false, true, true] },
    { path: '/live/x', action: 'read', may: [true, true, true] },
    { path: '/live/x', action: 'publish', may: [false, true, false] },
    { path: '/live/door', action: 'read', may: [false, false, false] },
    { path: '/live/door', action: 'publish', may: [false, false, true] },
    { path: '/live/door/x', action: 'read', may: [true, true, true] },
    { path: '/live/hall/x/y', action: 'read', may: [false, true, false] },
    { path: '/live/hall/x', action: 'publish', may: [false, false, false] },
  ] as const)(
    '$action of $path: nobody, ann and bob: $may',
    { tags: 'B-AUTH0' },
    async ({ path, action, may }) => {
      const answers = [undefined, 'ann', 'bob'].map((user) => ask(rules, user, path, action))
      expect(await Promise.all(answers)).toEqual(may)
      const reversed = [...rules].reverse()
      expect(await ask(reversed, 'ann', path, action)).toBe(may[1])
    },
  )

  it.each([
    { from: '10.1.2.3', may: [true, true] },
    { from: '192.168.7.7', may: [false, true] },
    { from: 'fd00::7', may: [false, true] },
    { from: '192.0.2.1', may: [false, false] },
    { from: 'no address', may: [false, false] },
  ])('of the rules for a path the first for $from decides', { tags: 'B-AUTH0' }, async (row) => {
    const ranged = new AccessRules(
      [
        { path: '/*', read: 'anyone' },
        { path: '/live/*', from: ['10.0.0.0/8'], read: 'anyone' },
        { path: '/live/*', from: ['192.168.0.0/16', 'fd00::/8', '10.0.0.0/8'], read: ['ann'] },
      ],
      users,
    )
    const mayRead = (user: string | undefined) =>
      ranged.allows({
        context: { user, path: '/live/door', address: row.from, action: undefined },
        actions: ['read'],
      })
    expect(await Promise.all([mayRead(undefined), mayRead('ann')])).toEqual(row.may)
  })

  it('the right to speak is that to read, unless a rule says more', {
    tags: 'B-AUTH0',
  }, async () => {
    const talking = new AccessRules(
      [
        { path: '/*', read: 'anyone' },
        { path: '/door', read: 'anyone', talk: ['ann'] },
        { path: '/deaf', read: 'anyone', talk: [] },
      ],
      users,
    )
    const talkers = async (path: string) => {
      const asked = ['ann', 'bob', undefined].map(async (user) =>
        (await talking.allowsTalk({ user, path, address, action: 'read' })) ? [user] : [],
      )
      return (await Promise.all(asked)).flat()
    }
    expect(await talkers('/cam')).toEqual(['ann', 'bob', undefined])
    expect(await talkers('/door')).toEqual(['ann'])
    expect(await talkers('/deaf')).toEqual([])
  })

  it('actions without a rule are denied', { tags: 'B-AUTH0' }, async () => {
    expect(await ask([], 'ann', '/cam', 'read', 'publish')).toBe(false)
    expect(await ask([{ path: '/a', read: 'anyone' }], 'ann', '/b', 'read')).toBe(false)
  })

  it('one of several actions is enough, and `*` needs a user', { tags: 'B-AUTH0' }, async () => {
    expect(await ask(rules, 'bob', '/live/door', 'read', 'publish')).toBe(true)
    expect(await ask(rules, undefined, '/live/door', 'read', 'publish')).toBe(false)
    expect(await ask(rules, undefined, undefined, 'read')).toBe(false)
    expect(await ask(rules, 'ann', undefined, 'read')).toBe(true)
  })

  it('a function is asked with the action and everything else', { tags: 'B-AUTH0' }, async () => {
    const asked: AccessContext[] = []
    const read = async (context: AccessContext) => {
      asked.push(context)
      return context.user === 'bob'
    }
    expect(await ask([{ path: '/*', read }], 'ann', '/cam', 'read')).toBe(false)
    expect(await ask([{ path: '/*', read }], 'bob', '/cam', 'read')).toBe(true)
    expect(asked[0]).toEqual({ user: 'ann', path: '/cam', address, action: 'read' })
  })

  it('changing the rules object later has no effect', async () => {
    const rule = { path: '/*', read: 'authenticated' as 'authenticated' | 'anyone' }
    const made = new AccessRules([rule], users)
    rule.read = 'anyone'
    const context = { user: undefined, path: '/cam', address, action: undefined }
    expect(await made.allows({ context, actions: ['read'] })).toBe(false)
  })
})
