import { execFileSync } from 'node:child_process'
import { pbkdf2 } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { constants, mkdtempSync, rmSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nextTurn } from '../../../rtspool/test/support/until.js'
import { DiskTurns, poolThreads } from '../../src/recording/disk-turns.js'

/** An operation that ends when the test says so. */
class Work {
  hasBegun = false
  end = (): void => {}

  readonly run = (): Promise<void> => {
    this.hasBegun = true
    return new Promise((resolve) => {
      this.end = resolve
    })
  }
}

const begin = (turns: DiskTurns, folder: string, count: number): Work[] =>
  Array.from({ length: count }, () => {
    const work = new Work()
    void turns.run(folder, work.run)
    return work
  })

const begun = (works: readonly Work[]): number => works.filter(({ hasBegun }) => hasBegun).length

describe('turns of disks', () => {
  it.for([
    [4, 1, 2],
    [16, 13, 14],
    [1, 1, 1],
  ] as const)('of %i threads, give one disk %i and all disks %i', async ([threads, one, all]) => {
    const turns = new DiskTurns(threads)
    const first = begin(turns, '/a', 20)
    const second = begin(turns, '/b', 20)
    await nextTurn()
    expect([begun(first), begun(first) + begun(second)]).toEqual([one, all])
    for (let round = 0; round < 40; round++) {
      for (const work of [...first, ...second]) work.end()
      await nextTurn()
    }
    expect(begun(first) + begun(second)).toBe(40)
  })

  it('count folders of one device together', async () => {
    const turns = new DiskTurns(4)
    turns.learnDevice('/a', 7)
    turns.learnDevice('/b', 7)
    const works = [...begin(turns, '/a', 2), ...begin(turns, '/b', 2)]
    await nextTurn()
    expect(begun(works)).toBe(1)
    works[0]?.end()
    await nextTurn()
    expect(begun(works)).toBe(2)
  })

  it('go on after an operation that failed', async () => {
    const turns = new DiskTurns(3)
    const failing = turns.run('/a', () => Promise.reject(new Error('EIO')))
    const after = turns.run('/a', async () => 'done')
    await expect(failing).rejects.toThrow('EIO')
    expect(await after).toBe('done')
  })

  it('leave threads for files, DNS and passwords when a disk hangs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rtspool-disk-'))
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    // Each of these keeps a thread until somebody reads.
    const turns = new DiskTurns()
    const hanging = Array.from({ length: 8 }, () => turns.run(folder, () => open(pipe, 'w')))
    onTestFinished(async () => {
      const reader = await open(pipe, constants.O_RDWR | constants.O_NONBLOCK)
      for (const file of await Promise.all(hanging)) await file.close()
      await reader.close()
      rmSync(folder, { recursive: true })
    })
    await readFile('/etc/hostname')
    await lookup('localhost')
    await promisify(pbkdf2)('a', 'b', 1, 16, 'sha256')
  })

  it('know the setting of the process', () => {
    expect([undefined, '', 'many', '0', '12'].map(poolThreads)).toEqual([4, 4, 4, 4, 12])
  })
})
