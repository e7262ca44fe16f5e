import { signal } from '@preact/signals'
import { expect, it } from 'vitest'
import { emptyText } from '../../src/lists/empty-text.js'

it('the text of a table without rows depends on the last request', () => {
  const problem = signal('')
  expect(emptyText({ problem }, 'Nobody is here.')).toBe('Nobody is here.')
  problem.value = 'The server does not respond.'
  expect(emptyText({ problem }, 'Nobody is here.')).toContain('tries again')
  expect(emptyText({ problem, isRefused: signal(true) }, 'Nobody is here.')).toBe(
    'The server does not accept this filter.',
  )
})
