import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeFileAtomically } from '../../src/config/save/atomic-write.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rtspool-write-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const at = (name: string) => join(folder, name)
const contents = (name = 'a.yml') => readFileSync(at(name), 'utf8')

describe('a file written atomically', () => {
  it('is whole while many write it at once', async () => {
    const texts = Array.from({ length: 8 }, (_, index) => `${index}`.repeat(50_000))
    await Promise.all(texts.map((text) => writeFileAtomically(at('a.yml'), text)))
    expect(texts).toContain(contents())
    expect(readdirSync(folder)).toEqual(['a.yml'])
  })

  it('keeps its permissions, and a link to it stays a link', async () => {
    writeFileSync(at('a.yml'), 'old')
    chmodSync(at('a.yml'), 0o640)
    symlinkSync(at('a.yml'), at('link'))
    await writeFileAtomically(at('link'), 'new')
    expect([contents(), contents('link')]).toEqual(['new', 'new'])
    expect(statSync(at('a.yml')).mode & 0o777).toBe(0o640)
  })

  it('belongs to the owner of its folder if root creates it, and keeps its owner', async (context) => {
    if (process.getuid?.() !== 0) context.skip('only root may give files away')
    chownSync(folder, 1234, 1235)
    await writeFileAtomically(at('a.yml'), 'new')
    const owner = () => [statSync(at('a.yml')).uid, statSync(at('a.yml')).gid]
    expect([owner(), statSync(at('a.yml')).mode & 0o777]).toEqual([[1234, 1235], 0o600])
    chownSync(at('a.yml'), 1236, 1237)
    await writeFileAtomically(at('a.yml'), 'newer')
    expect(owner()).toEqual([1236, 1237])
  })

  it('removes copies that a crash has left a minute ago, and no others', async () => {
    const old = Date.now() / 1000 - 120
    const names = ['.a.yml.1-00.partial', '.a.yml.2-00.partial', '.b.yml.1-00.partial']
    for (const name of names) writeFileSync(at(name), 'half')
    for (const name of [names[0] ?? '', names[2] ?? '']) utimesSync(at(name), old, old)
    await writeFileAtomically(at('a.yml'), 'new')
    expect(readdirSync(folder).sort()).toEqual([...names.slice(1), 'a.yml'].sort())
  })

  it('stays if it has other contents than those to replace', async () => {
    expect(await writeFileAtomically(at('a.yml'), 'first', { replacing: '' })).toBe(true)
    expect(await writeFileAtomically(at('a.yml'), 'second', { replacing: '' })).toBe(false)
    expect(await writeFileAtomically(at('a.yml'), 'second', { replacing: 'other' })).toBe(false)
    expect(contents()).toBe('first')
    expect(await writeFileAtomically(at('a.yml'), 'second', { replacing: 'first' })).toBe(true)
    expect(contents()).toBe('second')
    expect(readdirSync(folder)).toEqual(['a.yml'])
  })

  it('leaves no copy after a failure', async () => {
    await expect(writeFileAtomically(at('missing/a.yml'), 'new')).rejects.toThrow(
      `${at('missing/a.yml')} cannot be written: ENOENT`,
    )
    await expect(
      writeFileAtomically(at('missing/a.yml'), 'new', { source: 'bans.file a.yml' }),
    ).rejects.toThrow(/^bans\.file a\.yml cannot be written: ENOENT/)
    writeFileSync(at('a.yml'), 'old')
    await expect(writeFileAtomically(at('a.yml'), Symbol('x') as never)).rejects.toThrow()
    expect(contents()).toBe('old')
    expect(readdirSync(folder)).toEqual(['a.yml'])
  })
})
