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

  it('refuses Digest, which needs another hash', async () => {
    const context = { user: 'ann', scheme: 'Digest', password: undefined }
    expect(await verifyByHash(hashes)?.(context as never)).toBe(false)
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

  it('gives hosts turns, and refuses tasks beyond its limits', { tags: 'B-AUTH0' }, async () => {
    const limit = new ConcurrencyLimit(1, { maxWaiting: 5, maxWaitingPerHost: 3 })
    const order: string[] = []
    const run = (name: string) =>
      limit
        .run(async () => void order.push(name), { host: name.slice(0, 1) })
        .catch((error: Error) => error.message)
    const results = Promise.all(['a0', 'a1', 'a2', 'a3', 'a4', 'b0', 'c0', 'd0'].map(run))
    expect(limit.waiting).toBe(5)
    expect((await results).filter(Boolean)).toEqual([
      ...['3 questions of one host wait', '5 questions wait'],
    ])
    expect(order).toEqual(['a0', 'a1', 'b0', 'c0', 'a2', 'a3'])
    expect(limit.waiting).toBe(0)
  })

  it('removes an aborted task at once', async () => {
    const limit = new ConcurrencyLimit(1, { maxWaiting: 1 })
    let end = (): void => {}
    const first = limit.run(
      () =>
        new Promise<void>((resolve) => {
          end = resolve
        }),
    )
    const leaving = new AbortController()
    const gone = limit.run(async () => 'ran', { signal: leaving.signal })
    leaving.abort(new Error('gone'))
    await expect(gone).rejects.toThrow('gone')
    const next = limit.run(async () => 'ran')
    end()
    await first
    expect(await next).toBe('ran')
  })
})
