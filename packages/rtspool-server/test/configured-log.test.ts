import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Settings } from '../src/config/settings.js'
import { tryOpenLog } from '../src/configured-log.js'

const settingsOf = (file: string) =>
  ({
    config: { log: { level: 'info', format: 'json', file } },
    sourceOf: () => 'log.file',
  }) as unknown as Settings

async function writtenBy(process: number | undefined): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-log-'))
  try {
    const file = join(folder, 'log')
    const opened = tryOpenLog(settingsOf(file), process)
    if (typeof opened === 'string') throw new Error(opened)
    opened.log.info('hello')
    await opened.close()
    return JSON.parse(readFileSync(file, 'utf8'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('the log of a configuration', () => {
  it('names the process in each line, if there are several', async () => {
    expect(await writtenBy(3)).toMatchObject({ msg: 'hello', process: 3 })
    expect(await writtenBy(undefined)).not.toHaveProperty('process')
  })

  it('is a sentence if its file cannot be opened', () => {
    const file = join(tmpdir(), 'rtspool-no-such-folder', 'log')
    expect(tryOpenLog(settingsOf(file))).toMatch(
      /^error: .*log.* \S+rtspool-no-such-folder\S+ cannot be opened: ENOENT/,
    )
  })
})
