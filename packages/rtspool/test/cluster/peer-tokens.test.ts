import { describe, expect, it } from 'vitest'
import { PeerTokens } from '../../src/cluster/peer-tokens.js'
import { ManualClock } from '../../src/testing/manual-clock.js'

const key = 'a secret of all nodes'
const parts = ['DESCRIBE', '0000000a']

function scene() {
  const clock = new ManualClock()
  const unixTimeMs = () => clock.unixTimeMs()
  const tokensOf = (...tags: string[]) => new PeerTokens({ key, tags: () => tags, unixTimeMs })
  const [a, b] = [tokensOf('0000000a'), tokensOf('0000000b')]
  const sign = () => a.sign('0000000b', parts)
  const isAccepted = (token: string) => b.accept(token, '0000000a', parts)
  return { clock, tokensOf, a, b, sign, isAccepted }
}

describe('PeerTokens', () => {
  it('accepts a token once', () => {
    const { sign, isAccepted } = scene()
    const [first, second] = [sign(), sign()]
    expect([first, second, second, first].map(isAccepted)).toEqual([true, true, false, false])
  })

  it('accepts a token at its receiver only, also under the tags that the receiver had before', () => {
    const { tokensOf, sign } = scene()
    const [other, later] = [tokensOf('0000000c'), tokensOf('0000000d', '0000000b')]
    const token = sign()
    expect(other.accept(token, '0000000a', parts)).toBe(false)
    expect(later.accept(token, '0000000a', parts)).toBe(true)
  })

  it.each([
    ['version', (token: string) => token.replace('2 ', '3 ')],
    ['time', (token: string) => token.replace(/ (\d+) /, (_, at) => ` ${Number(at) + 1} `)],
    ['serial number', (token: string) => token.replace(' 1 ', ' 2 ')],
    ['receiver', (token: string) => token.replace('0000000b', '0000000c')],
    ['sum', (token: string) => token.slice(0, -43) + 'A'.repeat(43)],
    ['length', (token: string) => token.slice(0, -1)],
    ['text', () => ''],
  ])('refuses another %s', (_, change) => {
    const { sign, isAccepted, tokensOf } = scene()
    const token = sign()
    expect(isAccepted(change(token))).toBe(false)
    const both = tokensOf('0000000b', '0000000c')
    expect(both.accept(change(token), '0000000a', parts)).toBe(false)
    expect(isAccepted(token)).toBe(true)
  })

  it('refuses other parts, and a sender that is not named', () => {
    const { b, sign, isAccepted } = scene()
    const token = sign()
    expect(b.accept(token, '0000000a', ['SETUP', '0000000a'])).toBe(false)
    expect(b.accept(token, undefined, parts)).toBe(false)
    expect(isAccepted(token)).toBe(true)
  })

  it('refuses a token that is older or newer than five minutes', () => {
    const seen = [300_000, -300_000, 301_000, -301_000].map((ms) => {
      const { clock, a, sign } = scene()
      const later = clock.unixTimeMs() + ms
      const other = new PeerTokens({ key, tags: () => ['0000000b'], unixTimeMs: () => later })
      expect(a).toBeDefined()
      return other.accept(sign(), '0000000a', parts)
    })
    expect(seen).toEqual([true, true, false, false])
  })

  it('lets 4,095 tokens overtake one, and no more', () => {
    const { sign, isAccepted } = scene()
    const [late, later] = [sign(), sign()]
    for (let n = 3; n < 4097; n++) expect(isAccepted(sign())).toBe(true)
    expect(isAccepted(late)).toBe(true)
    for (let n = 0; n < 2; n++) expect(isAccepted(sign())).toBe(true)
    expect(isAccepted(later)).toBe(false)
  })

  it('remembers 256 senders, until their tokens have expired', () => {
    const { clock, tokensOf, b } = scene()
    const nameOf = (n: number) => n.toString(16).padStart(8, '0')
    const tokenOf = (name: string) => tokensOf(name).sign('0000000b', [name])
    const isOf = (name: string) => b.accept(tokenOf(name), name, [name])
    const first = tokenOf(nameOf(1))
    expect(b.accept(first, nameOf(1), [nameOf(1)])).toBe(true)
    clock.advance(200_000)
    for (let n = 2; n <= 256; n++) expect(isOf(nameOf(n))).toBe(true)
    expect(isOf(nameOf(257))).toBe(false)
    clock.advance(100_000)
    expect([isOf(nameOf(257)), b.accept(first, nameOf(1), [nameOf(1)])]).toEqual([false, false])
    clock.advance(1000)
    expect([isOf(nameOf(257)), isOf(nameOf(258))]).toEqual([true, false])
    expect(b.accept(first, nameOf(1), [nameOf(1)])).toBe(false)
  })

  it('remembers senders with a fast clock when its own clock is set back', () => {
    const { clock, b } = scene()
    const fast = clock.unixTimeMs() + 300_000
    const tokenOf = (name: string) =>
      new PeerTokens({ key, tags: () => [name], unixTimeMs: () => fast }).sign('0000000b', [name])
    const names = Array.from({ length: 257 }, (_, n) => n.toString(16).padStart(8, '0'))
    const [first = '', last = ''] = [names[0], names[256]]
    const token = tokenOf(first)
    expect(b.accept(token, first, [first])).toBe(true)
    for (const name of names.slice(1, -1)) b.accept(tokenOf(name), name, [name])
    clock.jumpWallClock(-2000)
    const now = new PeerTokens({ key, tags: () => [last], unixTimeMs: () => clock.unixTimeMs() })
    expect(b.accept(now.sign('0000000b', [last]), last, [last])).toBe(false)
    clock.jumpWallClock(2000)
    expect(b.accept(token, first, [first])).toBe(false)
  })
})
