import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { ExternalLogins } from '../../src/access/external-logins.js'
import { ShareLogins } from '../../src/access/share-logins.js'
import { loginContext } from './login-context.js'

const claim = { path: '/cam', user: 'share:a', expiresAt: 9, maxSessions: 2 }

function start() {
  const shares = new ShareLogins()
  shares.accept((secret) => (secret === 'share_right' ? claim : undefined))
  const nobody = { hook: undefined, jwt: undefined }
  const logins = new ExternalLogins(nobody, new ManualClock(), shares)
  return (token: string | undefined, members: Parameters<typeof loginContext>[0] = {}) =>
    logins.login(loginContext({ token, ...members }))
}

describe('a login by a share link', { tags: 'B-AUTH0' }, () => {
  it('has the user, the end and the limit of the link', async () => {
    const grant = { user: 'share:a', expiresAt: 9, maxSessionsPerUser: 2 }
    expect(await start()('share_right')).toEqual(grant)
    expect(await start()('share_right', { path: undefined })).toEqual(grant)
  })

  it.each([
    { path: '/cam/2' },
    { path: '/other' },
    { action: 'publish' },
    { action: 'talk' },
  ] as const)('is forbidden for %o', async (members) => {
    expect(await start()('share_right', members)).toMatchObject({ refuse: 'forbidden' })
  })

  it('is wrong with an unknown secret, and nothing with another token', async () => {
    expect(await start()('share_wrong')).toMatchObject({ refuse: 'wrong' })
    expect(await start()('right')).toBeUndefined()
    expect(await start()(undefined, { password: 'share_right' })).toBeUndefined()
  })
})
