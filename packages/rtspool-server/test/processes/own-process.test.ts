import { describe, expect, it } from 'vitest'
import { OwnProcess, processVariable } from '../../src/processes/own-process.js'

describe('the process itself', () => {
  it('is one of several only if a parent has started it as such', () => {
    const messages = process.listenerCount('message')
    expect(OwnProcess.of({})).toBeUndefined()
    // The variable alone, as somebody may have it in a shell, makes no child of a process.
    expect(OwnProcess.of({ [processVariable]: '{"number":2}' })).toBeUndefined()
    expect(process.listenerCount('message')).toBe(messages)
  })
})
