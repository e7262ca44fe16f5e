import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { digestHeader } from '../../../../rtspool/test/support/credentials.js'
import { OnvifLogin, parametersOf } from '../../../src/camera/onvif/login.js'

const user = { name: 'admin', password: 'camera' }

describe('parametersOf', () => {
  it('reads quoted and plain values, and leaves out what is no parameter', () => {
    const header = 'Digest username="a, b", nc=00000001,qop=auth, rest'
    expect([...parametersOf(header)]).toEqual([
      ['username', 'a, b'],
      ['nc', '00000001'],
      ['qop', 'auth'],
    ])
  })

  it('leaves out a name of more than 32 characters, as a whole', () => {
    const header = `Digest ${'x'.repeat(32)}=1, ${'x'.repeat(33)}=2, ${'y'.repeat(40)}nonce="3"`
    expect([...parametersOf(header)]).toEqual([['x'.repeat(32), '1']])
  })
})

describe('OnvifLogin', () => {
  it('keeps the nonce of a client while strangers ask for others', () => {
    const login = new OnvifLogin(user, new ManualClock())
    const [challenge = ''] = login.challenges('digest-md5', false)
    const [, realm = '', nonce = ''] = /realm="(.*?)", nonce="(.*?)"/.exec(challenge) ?? []
    for (let at = 0; at < 3000; at++) login.challenges('digest-md5', false)
    const parts = { scheme: 'Digest', realm, nonce, algorithm: 'MD5' } as never
    const choices = { user: user.name, password: user.password, qop: true }
    const authorization = digestHeader(parts, 'GET', '/x', choices)
    const request = { authorization, method: 'GET', target: '/x' }
    expect(login.checkHttp('digest-md5', request)).toBe('accepted')
  })
})
