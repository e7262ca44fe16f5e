import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RtspHeaders } from '../../src/rtsp/message.js'

describe('RtspHeaders', () => {
  it('finds names in any case and keeps them as spelled', () => {
    const headers = new RtspHeaders().append('cseq', '1').append('X', 'a').append('x', 'b')
    expect(headers.get('CSeq')).toBe('1')
    expect(headers.getAll('X')).toEqual(['a', 'b'])
    expect(headers.has('Y')).toBe(false)
    expect(headers.get('Y')).toBeUndefined()
    expect([...headers]).toEqual([
      ['cseq', '1'],
      ['X', 'a'],
      ['x', 'b'],
    ])
  })

  it('set keeps the position of the first and removes the others', () => {
    const headers = new RtspHeaders([
      ['X', '1'],
      ['Y', '2'],
      ['x', '3'],
    ])
    headers.set('x', '4').set('Z', '5')
    expect([...headers]).toEqual([
      ['x', '4'],
      ['Y', '2'],
      ['Z', '5'],
    ])
  })

  it('delete removes all and returns whether there was one', () => {
    const headers = new RtspHeaders([
      ['X', '1'],
      ['Y', '2'],
      ['x', '3'],
    ])
    expect([headers.delete('X'), headers.delete('X'), headers.size]).toEqual([true, false, 1])
    expect([...headers]).toEqual([['Y', '2']])
  })

  it('behaves like a list of pairs', () => {
    const name = fc.constantFrom('a', 'A', 'b', 'B', 'c')
    const step = fc.tuple(fc.constantFrom('append', 'set', 'delete'), name, fc.nat(9).map(String))
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const headers = new RtspHeaders()
        let model: [string, string][] = []
        for (const [verb, key, value] of steps) {
          const isKey = (entry: [string, string]) => entry[0].toLowerCase() === key.toLowerCase()
          const place = model.findIndex(isKey)
          if (verb === 'delete') headers.delete(key)
          else headers[verb as 'append' | 'set'](key, value)

          if (verb === 'append' || (verb === 'set' && place === -1)) model.push([key, value])
          else if (verb === 'delete') model = model.filter((entry) => !isKey(entry))
          else {
            model[place] = [key, value]
            model = model.filter((entry, at) => at === place || !isKey(entry))
          }
          expect([...headers]).toEqual(model)
          expect(headers.size).toBe(model.length)
        }
      }),
    )
  })
})
