import { describe, expect, it } from 'vitest'
import { EventParser } from '../../src/api/event-parser.js'

const first = { id: 'a-1', type: 'banned', time: '2026-01-01T00:00:00.000Z' }
const second = { ...first, id: 'a-2', type: 'unbanned', user: 'data: x' }
const textOf = (event: object): string => `id: x\nevent: y\ndata: ${JSON.stringify(event)}\n\n`
const text = `retry: 2000\n\n${textOf(first)}:\n\n${textOf(second)}`

describe('parser of events', () => {
  it('reads whole events, and leaves comments and times out', () => {
    expect(new EventParser().read(text)).toEqual([first, second])
  })

  it('finds the same events with the text cut anywhere', () => {
    for (let at = 0; at <= text.length; at++) {
      const parser = new EventParser()
      const events = [...parser.read(text.slice(0, at)), ...parser.read(text.slice(at))]
      expect(events, `cut at ${at}`).toEqual([first, second])
    }
  })
})
