import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { until } from '../../../rtspool/test/support/until.js'
import { diskStore } from '../../src/recording/segment-store.js'

const head = Buffer.from('head')
const piece = Buffer.from('piece')

describe('files of segments', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rtspool-store-'))
    return () => rmSync(folder, { recursive: true, force: true })
  })

  /** Replaces `writev` of all files. @param implementation - Receives the original too. */
  async function writes(
    implementation: (
      file: FileHandle,
      pieces: readonly Buffer[],
      position: number,
      original: FileHandle['writev'],
    ) => Promise<unknown>,
  ) {
    const probe = await open(join(folder, 'probe'), 'w')
    const original = probe.writev
    const spy = vi.spyOn(Object.getPrototypeOf(probe), 'writev')
    spy.mockImplementation(function (this: FileHandle, pieces: unknown, position: unknown) {
      return implementation(this, pieces as readonly Buffer[], position as number, original)
    } as never)
    onTestFinished(() => spy.mockRestore())
    await probe.close()
    return spy
  }

  it('belong to one recorder each, however many begin at once', async () => {
    const files = await Promise.all(
      Array.from({ length: 12 }, () => diskStore.create(folder, 'cam/a.mp4', head)),
    )
    await Promise.all(files.map((file, index) => file.append([Buffer.from(`${index}`)])))
    await Promise.all(files.map((file) => file.close()))
    expect(new Set(files.map(({ name }) => name)).size).toBe(12)
    for (const [index, { name }] of files.entries()) {
      expect(readFileSync(join(folder, name), 'latin1')).toBe(`head${index}`)
    }
  })

  it('leave the file that a crash has cut as it is', async () => {
    writeFileSync(join(folder, 'a.mp4'), 'cut')
    const file = await diskStore.create(folder, 'a.mp4', head)
    await file.close()
    expect(file.name).toBe('a-2.mp4')
    expect(readFileSync(join(folder, 'a.mp4'), 'latin1')).toBe('cut')
  })

  it('are written one operation at a time, so that a disk that hangs keeps one thread', async () => {
    const files = await Promise.all(
      Array.from({ length: 6 }, (_, index) => diskStore.create(folder, `${index}.mp4`, head)),
    )
    let count = 0
    let most = 0
    const release: (() => void)[] = []
    const spy = await writes((_file, pieces) => {
      most = Math.max(most, ++count)
      return new Promise((resolve) => {
        release.push(() => {
          count--
          resolve({ bytesWritten: Buffer.concat(pieces).length })
        })
      })
    })
    const appending = Promise.all(files.map((file) => file.append([piece])))
    await until(() => {
      if (release.length > 0 && spy.mock.calls.length < 6) release.shift()?.()
      return spy.mock.calls.length === 6
    })
    for (const end of release) end()
    await appending
    expect([most, spy.mock.calls.length]).toEqual([1, 6])
    await Promise.all(files.map((file) => file.close()))
  })

  it('are written to the end where the system takes a part at a time', async () => {
    const file = await diskStore.create(folder, 'a.mp4', head)
    const spy = await writes((written, pieces, position, original) =>
      original.call(written, [Buffer.concat(pieces).subarray(0, 4)], position),
    )
    await file.append([Buffer.from('pie'), Buffer.from('ce after '), Buffer.from('piece')])
    await file.close()
    expect(readFileSync(join(folder, 'a.mp4'), 'latin1')).toBe('headpiece after piece')
    expect(spy).toHaveBeenCalledTimes(5)
  })

  it.for(['EIO', 'ENOSPC', 'EROFS', 'EDQUOT'])('say that a write failed: %s', async (code) => {
    const file = await diskStore.create(folder, 'a.mp4', head)
    await writes(() => Promise.reject(Object.assign(new Error(code), { code })))
    await expect(file.append([piece])).rejects.toMatchObject({ code })
    await file.close()
    expect(readFileSync(join(folder, 'a.mp4'), 'latin1')).toBe('head')
    await expect(diskStore.create(folder, 'b.mp4', head)).rejects.toMatchObject({ code })
    expect(readdirSync(folder).sort()).toEqual(['a.mp4', 'probe'])
  })

  it('end when somebody deletes them, because further bytes would be lost', async () => {
    const file = await diskStore.create(folder, 'cam/a.mp4', head)
    rmSync(join(folder, 'cam'), { recursive: true })
    const appended = Array.from({ length: 11 }, () => file.append([piece]))
    const ends = await Promise.allSettled(appended)
    expect(ends.at(-1)).toMatchObject({ reason: { code: 'ENOENT' } })
    await file.close()
    const next = await diskStore.create(folder, 'cam/a.mp4', head)
    await next.close()
    expect(readdirSync(join(folder, 'cam'))).toEqual(['a.mp4'])
  })

  it.for([
    ['a file in place of a folder', 'file/x/a.mp4', 'ENOTDIR'],
    ['a part that is too long', `${'x'.repeat(300)}/a.mp4`, 'ENAMETOOLONG'],
  ] as const)('are refused for %s', async ([_, name, code]) => {
    writeFileSync(join(folder, 'file'), '')
    await expect(diskStore.create(folder, name, head)).rejects.toMatchObject({ code })
  })
})
