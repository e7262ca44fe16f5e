import { expect, it } from 'vitest'
import { SharedReloads } from '../../src/processes/shared-reloads.js'

/** Reloads of a process, the messages to the others, and a change by the API of this process. */
function createReloads() {
  const causes: string[] = []
  const messages: string[] = []
  const listeners: (() => void)[] = []
  const reloads = new SharedReloads(() => void messages.push('reload'))
  const begin = (hasApi: boolean) =>
    reloads.begin(
      {
        reload: (by) => {
          causes.push(by)
          return Promise.resolve({ ...{ by, ok: true, changed: [] }, overridden: [], problems: [] })
        },
        passOn: (changed) => void listeners.push(changed),
      },
      hasApi,
    )
  const change = () => {
    for (const changed of listeners) changed()
  }
  return { reloads, causes, messages, begin, change }
}

it('lets the others follow changes by the process with the API', () => {
  const { messages, begin, change } = createReloads()
  begin(true)
  expect(messages).toEqual([])
  change()
  expect(messages).toEqual(['reload'])
})

it('reloads in the others, which tell nobody', () => {
  const { reloads, causes, messages, begin, change } = createReloads()
  begin(false)
  expect(causes).toEqual([])
  reloads.note()
  change()
  expect([causes, messages]).toEqual([['API of process 1'], []])
})

it('reloads once in a process that has still been starting', () => {
  const { reloads, causes, begin } = createReloads()
  reloads.note()
  reloads.note()
  begin(false)
  expect(causes).toEqual(['API of process 1'])
})
