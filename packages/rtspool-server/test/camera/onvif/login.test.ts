import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { digestHeader } from '../../../../rtspool/test/support/credentials.js'
import { OnvifLogin } from '../../../src/camera/onvif/login.js'

const user = { name: 'admin', password: 'camera' }

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
