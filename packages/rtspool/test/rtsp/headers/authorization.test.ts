import { describe, expect, it } from 'vitest'
import {
  parseAuthorization,
  serializeAuthorization,
} from '../../../src/rtsp/headers/authorization.js'
import { authorizationCases, refusedAuthorizations } from '../auth-cases.js'
import { checkCases, refusalOf } from './check-cases.js'

describe('Authorization', () => {
  checkCases(authorizationCases, refusedAuthorizations, parseAuthorization, serializeAuthorization)

  it.each(refusedAuthorizations.filter(({ wire }) => wire.length > 20))(
    'no part of $name is in the error',
    { tags: 'B-SECR' },
    ({ wire }) => {
      const { message, context } = refusalOf(() => parseAuthorization(wire))
      const shown = `${message} ${JSON.stringify(context)}`
      for (const secret of ['0123456789abcdef', 'rtsp://h', '"n"', '"u']) {
        expect(shown).not.toContain(secret)
      }
    },
  )

  it('invalid text is misuse', () => {
    expect(() =>
      serializeAuthorization({ scheme: 'Basic', username: 'a:b', password: 'p' }),
    ).toThrow(TypeError)
    const digest = { scheme: 'Digest', username: 'u', realm: 'r', nonce: 'n', uri: '/' } as const
    expect(() => serializeAuthorization({ ...digest, response: 'a\r\nb' })).toThrow(TypeError)
    expect(() => serializeAuthorization({ ...digest, response: 'a', qop: 'a b' })).toThrow(
      TypeError,
    )
  })
})
