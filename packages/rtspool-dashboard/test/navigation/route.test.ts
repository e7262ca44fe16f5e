import { describe, expect, it } from 'vitest'
import { hashOf, pageNames, routeOf } from '../../src/navigation/route.js'

describe('address of a page', () => {
  it.each([
    ['', { page: 'overview', query: {} }],
    ['#/nowhere', { page: 'overview', query: {} }],
    ['#/bans', { page: 'bans', query: {} }],
    ['#/sessions?path=%2Fa+b', { page: 'sessions', query: { path: '/a b' } }],
  ])('%s is read', (hash, route) => {
    expect(routeOf(hash)).toEqual(route)
  })

  it('has the page that not all servers have behind the others, whose links then stay in place', () => {
    expect(pageNames.indexOf('cluster')).toBe(pageNames.length - 1)
  })

  it('is written with the values that are not empty', () => {
    expect(hashOf('events')).toBe('#/events')
    expect(hashOf('sessions', { path: '/a b', user: '' })).toBe('#/sessions?path=%2Fa+b')
  })
})
