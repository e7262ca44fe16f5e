import { expect, it } from 'vitest'
import { subjectText } from '../../src/bans/ban-texts.js'

it('a ban is written with all that it compares', () => {
  expect(subjectText({ user: 'ann', path: '/cam' })).toBe('user ann, path /cam')
  expect(subjectText({ address: '192.0.2.0/24' })).toBe('address 192.0.2.0/24')
})
