import { describe, expect, it } from 'vitest'
import type { ApiClient } from '../../src/api/api-client.js'
import { changeClusterLimit } from '../../src/cluster/cluster-limits.js'

describe('a change of a limit of all servers', () => {
  it('has a row for each server, also for those that have not changed', async () => {
    const calls: unknown[] = []
    const answer = {
      nodes: [
        { tag: 'a', name: 'one', isChanged: true },
        { tag: 'b', isChanged: false, refusal: 'too many' },
      ],
      unheard: [{ tag: 'c', name: 'three', why: 'silent' }],
    }
    const client = {
      patch: async (...call: unknown[]) => {
        calls.push(call)
        return answer
      },
    } as unknown as ApiClient
    expect(await changeClusterLimit(client, 'maxSessions', 7)).toEqual([
      { tag: 'a', server: 'one', text: 'changed', kind: 'good' },
      { tag: 'b', server: 'b', text: 'refused: too many', kind: 'alarm' },
      { tag: 'c', server: 'three', text: 'unknown: no answer', kind: 'alarm' },
    ])
    expect(calls).toEqual([['/v1/cluster/limits', { limits: { maxSessions: 7 } }]])
  })
})
