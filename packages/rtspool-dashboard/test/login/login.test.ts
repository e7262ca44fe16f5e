import { describe, expect, it } from 'vitest'
import { Login } from '../../src/login/login.js'
import { json, scriptedFetch } from '../api/scripted-fetch.js'

function storageWith(token?: string): Storage {
  const items = new Map(token === undefined ? [] : [['rtspool.token', token]])
  return {
    ...{ length: 0, clear: () => items.clear(), key: () => null },
    getItem: (name) => items.get(name) ?? null,
    removeItem: (name) => void items.delete(name),
    setItem: (name, value) => void items.set(name, value),
  }
}

describe('login', () => {
  it('keeps the token and the role that the server names', async () => {
    const storage = storageWith()
    const { send } = scriptedFetch(json({ name: 'Ann', role: 'operator' }))
    const login = new Login(storage, send)
    await login.logIn('secret')
    const visitor = login.visitor.value
    expect([visitor?.name, storage.getItem('rtspool.token')]).toEqual(['Ann', 'secret'])
    expect([visitor?.can('viewer'), visitor?.can('operator'), visitor?.can('admin')]).toEqual([
      ...[true, true, false],
    ])
    login.logOut()
    expect([login.visitor.value, storage.getItem('rtspool.token')]).toEqual([undefined, null])
  })

  it.each([
    [json({ title: 'unknown' }, 401), 'The server does not know this token.'],
    [json({ name: 'graph', role: 'metrics' }), 'This login may not see sessions.'],
    [new TypeError('down'), 'The server does not respond.'],
  ])('says why it fails', async (response, problem) => {
    const login = new Login(storageWith(), scriptedFetch(response).send)
    await login.logIn('guess')
    expect([login.visitor.value, login.problem.value]).toEqual([undefined, problem])
  })

  it('exchanges user and password for a token, which ends with the logout', async () => {
    const storage = storageWith()
    const { send, requests } = scriptedFetch(
      json({ token: 'login_abc' }),
      json({ name: 'ann', role: 'viewer' }),
      json({ ended: true }),
    )
    const login = new Login(storage, send)
    await login.logInAs('ann', 'secret')
    expect([login.visitor.value?.name, storage.getItem('rtspool.token')]).toEqual([
      ...['ann', 'login_abc'],
    ])
    login.logOut()
    expect(requests).toEqual([
      'POST /v1/login {"user":"ann","password":"secret"}',
      'GET /v1/caller Bearer login_abc',
      'POST /v1/logout Bearer login_abc {}',
    ])
    expect(storage.getItem('rtspool.token')).toBe(null)
  })

  it('says why user and password are refused', async () => {
    const refused = json({ title: 'The login is wrong', detail: 'user or password is wrong' }, 401)
    const login = new Login(storageWith(), scriptedFetch(refused).send)
    await login.logInAs('ann', 'guess')
    expect(login.problem.value).toBe('The login is wrong: user or password is wrong')
  })

  it('ends where the server no longer knows the token', async () => {
    const storage = storageWith()
    const { send } = scriptedFetch(
      json({ name: 'Ann', role: 'viewer' }),
      json({ title: 'no' }, 401),
    )
    const login = new Login(storage, send)
    await login.logIn('secret')
    await expect(login.visitor.value?.client.get('/v1/sessions')).rejects.toThrow('no')
    expect([login.visitor.value, login.problem.value]).toEqual([undefined, 'Log in again.'])
    expect(storage.getItem('rtspool.token')).toBe(null)
  })
})
