import type { AuthOptions } from 'rtspool'
import { describe, expect, it } from 'vitest'
import { checkLiveAccess } from '../../src/config/live-access.js'
import { loadText } from './config-text.js'

const anyone = 'live: { port: 8081, access: anyone }'
const check = (text: string, rules?: AuthOptions['rules']) => () =>
  checkLiveAccess(loadText(text), rules && { users: { ann: 'secret' }, rules })

describe('a live picture for everybody', () => {
  it('is allowed where everybody may play', () => {
    expect(check(anyone)).not.toThrow()
    expect(check(anyone, [{ path: '/*', read: 'anyone', publish: ['ann'] }])).not.toThrow()
  })

  it.each([
    { rules: [{ path: '/*', read: 'authenticated' }] },
    { rules: [{ path: '/cam', read: 'anyone' }] },
    { rules: [{ path: '/*', read: 'anyone', from: ['10.0.0.0/8'] }] },
    {
      rules: [
        { path: '/*', read: 'anyone' },
        { path: '/private', read: 'anyone', from: ['10.0.0.0/8'] },
      ],
    },
    {
      rules: [
        { path: '/*', read: 'anyone' },
        { path: '/private', read: ['ann'] },
      ],
    },
  ] as const)('is refused with $rules', ({ rules }) => {
    expect(check(anyone, rules)).toThrow(
      'live.access anyone needs a server on which everybody may play',
    )
  })

  it('needs no check without a port, or with tickets', () => {
    const rules = [{ path: '/*', read: 'authenticated' }] as const
    expect(check('live: { access: anyone }', rules)).not.toThrow()
    expect(check('live: { port: 8081 }', rules)).not.toThrow()
  })
})
