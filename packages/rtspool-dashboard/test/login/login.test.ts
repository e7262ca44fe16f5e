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
