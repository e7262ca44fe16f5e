import { describe, expect, it } from 'vitest'
import { filterBody, filterOf, filterText } from '../../src/filters/session-filter.js'

const values = {
  path: ' /cam ',
  user: '',
  minAge: '60',
  group: 'plan=free',
  sort: 'age',
  like: 'x',
}

describe('filter of sessions', () => {
  it('has the values of its fields that are not empty', () => {
    expect(filterOf(values)).toEqual({ like: 'x', path: '/cam', group: 'plan=free', minAge: '60' })
    expect(filterOf({ user: '  ' })).toEqual({})
  })

  it('has numbers in the body of a request', () => {
    expect(filterBody(values)).toEqual({ like: 'x', path: '/cam', group: 'plan=free', minAge: 60 })
  })

  it('is written in words', () => {
    expect(filterText({ user: 'ann', like: 'VLC' })).toBe('text VLC, user ann')
  })
})
