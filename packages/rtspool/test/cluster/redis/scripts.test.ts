import { describe, expect, it } from 'vitest'
import { ledgerScripts } from '../../../src/cluster/redis/scripts.js'

describe.each(Object.entries(ledgerScripts))('script %s', (_, { text, keys }) => {
  it('reads the clock of Redis once, since it goes on while a script runs', () => {
    expect(text.match(/'TIME'/g)).toHaveLength(1)
  })

  it('leaves no deadline to the expiry of keys', () => {
    expect(text).not.toMatch(/'(P?EXPIRE(AT)?|P?SETEX|PX|EX)'/)
  })

  it('writes no number as an integer of C, which has 32 bits in some builds of Redis', () => {
    expect(text).not.toContain("'%d'")
  })

  it('names its shared keys, and no others', () => {
    const names = /^local (meta, [\w, ]+) = unpack\(KEYS, 1, (\d+)\)\n/.exec(text)
    expect(names?.[1]?.split(', ')).toHaveLength(keys.length)
    expect(Number(names?.[2])).toBe(keys.length)
    expect(text).toContain(`local extra = ${keys.length}\n`)
  })
})
