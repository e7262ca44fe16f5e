import { beforeAll, describe, expect, it } from 'vitest'
import { ConcurrencyLimit } from '../../src/access/concurrency-limit.js'
import { PasswordCheck, verifyByHash } from '../../src/access/password-check.js'
import { hashPassword, isPasswordOfHash } from '../../src/access/password-hash.js'

let hashes: ReadonlyMap<string, string>
beforeAll(async () => {
  hashes = new Map([['ann', await hashPassword('right', 4)]])
})

describe('a check of passwords', () => {
  it('knows the right one, however often it is asked', async () => {
    const check = new PasswordCheck(hashes)
    expect(await check.isRight('ann', 'right')).toBe(true)
    expect(await check.isRight('ann', 'right')).toBe(true)
    expect(await check.isRight('ann', 'wrong')).toBe(false)
  })

  it.each([
    ['ann', 'wrong'],
    ['ann', ''],
    ['bob', 'right'],
  ])('refuses %s with %j', { tags: 'B-AUTH0' }, async (name, password) => {
    const check = new PasswordCheck(hashes)
    expect(await check.isRight(name, password)).toBe(false)
  })

  it('refuses a cost that would take the memory', async () => {
    const hash = `$scrypt$ln=30,r=8,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`
    await expect(isPasswordOfHash('right', hash)).rejects.toThrow('above ln=17')
  })

  it('has no answer for Digest, which needs another hash', async () => {
    const context = { user: 'ann', scheme: 'Digest', password: undefined }
    expect(await verifyByHash(hashes)?.(context as never)).toBeUndefined()
    expect(verifyByHash(new Map())).toBeUndefined()
  })
})

describe('a limit on tasks', () => {
  it('starts the next when one has ended, also with an error', async () => {
    const limit = new ConcurrencyLimit(2)
    const started: number[] = []
    const ends: (() => void)[] = []
    const task = (id: number) => () =>
      new Promise<number>((resolve, reject) => {
        started.push(id)
        ends.push(() => (id === 1 ? reject(new Error('failed')) : resolve(id)))
      })
    const results = [0, 1, 2, 3].map((id) => limit.run(task(id)).catch(() => 'failed'))
    expect([started, limit.waiting]).toEqual([[0, 1], 2])
    ends[1]?.()
    await results[1]
    expect([started, limit.waiting]).toEqual([[0, 1, 2], 1])
    ends[0]?.()
    await results[0]
    ends[2]?.()
    ends[3]?.()
    expect(await Promise.all(results)).toEqual([0, 'failed', 2, 3])
    expect(await limit.run(async () => 4)).toBe(4)
  })
})
