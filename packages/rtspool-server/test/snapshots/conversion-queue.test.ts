import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../../rtspool/test/support/until.js'
import { ConversionQueue } from '../../src/snapshots/conversion-queue.js'

/** Runs conversions that a test ends by name, and records which have begun. */
function startedIn(queue: ConversionQueue) {
  const begun: string[] = []
  const ends = new Map<string, (error?: Error) => void>()
  const run = (path: string, name: string) =>
    queue.run(path, () => {
      begun.push(name)
      return new Promise<string>((resolve, reject) => {
        ends.set(name, (error) => (error ? reject(error) : resolve(name)))
      })
    })
  return { begun, run, end: (name: string, error?: Error) => ends.get(name)?.(error) }
}

describe('the queue of conversions', () => {
  it('runs one at a time for a path, and as many in all as it may', async () => {
    const { begun, run, end } = startedIn(new ConversionQueue(() => 2))
    const all = [run('/a', 'a1'), run('/a', 'a2'), run('/b', 'b1'), run('/c', 'c1')]
    await nextTurn()
    expect(begun).toEqual(['a1', 'b1'])
    end('b1')
    await nextTurn()
    expect(begun).toEqual(['a1', 'b1', 'c1'])
    end('a1')
    await nextTurn()
    expect(begun).toEqual(['a1', 'b1', 'c1', 'a2'])
    end('a2')
    end('c1')
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'b1', 'c1'])
  })

  it('goes on after a failure', async () => {
    const { begun, run, end } = startedIn(new ConversionQueue(() => 1))
    const failing = run('/a', 'a1')
    const next = run('/a', 'a2')
    await nextTurn()
    end('a1', new Error('broken'))
    await expect(failing).rejects.toThrow('broken')
    await nextTurn()
    expect(begun).toEqual(['a1', 'a2'])
    end('a2')
    await next
  })

  it('refuses what comes when twelve wait', async () => {
    const { run, end } = startedIn(new ConversionQueue(() => 1))
    const all = Array.from({ length: 13 }, (_, n) => run('/a', `a${n}`))
    await expect(run('/b', 'b')).rejects.toMatchObject({ reason: 'busy' })
    for (let n = 0; n < 13; n++) {
      await nextTurn()
      end(`a${n}`)
    }
    expect(await Promise.all(all)).toHaveLength(13)
  })
})
