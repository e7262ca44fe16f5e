import { describe, expect, it } from 'vitest'
import { ledgerKeys, ledgerScripts } from '../../../src/cluster/redis/scripts.js'

describe.each(Object.entries(ledgerScripts))('script %s', (_, text) => {
  it('reads the clock of Redis once, since it goes on while a script runs', () => {
    expect(text.match(/'TIME'/g)).toHaveLength(1)
  })

  it('leaves no deadline to the expiry of keys', () => {
    expect(text).not.toMatch(/'(P?EXPIRE(AT)?|P?SETEX|PX|EX)'/)
  })

  it('names all shared keys', () => {
    expect(text).toContain(`unpack(KEYS, 1, ${ledgerKeys.length})`)
    const names = /local (meta, [\w, \n]+) = unpack/.exec(text)?.[1]
    expect(names?.split(',')).toHaveLength(ledgerKeys.length)
  })
})
