import { expect, it } from 'vitest'
import { unheardText, unheardView } from '../../src/api/cluster-answers.js'

it('names the servers that an answer lacks, by their tags if they have no names', () => {
  const unheard = [
    { tag: '0a1b2c3d', name: 'two', why: 'silent' as const },
    { tag: '4e5f6a7b', name: undefined, why: 'suspect' as const },
  ]
  expect(unheardText({ unheard })).toBe('; not heard: two (silent), 4e5f6a7b (suspect)')
  expect(unheardText({ unheard: [] })).toBe('')
  expect(unheardView({ unheard })).toEqual(unheard)
})
