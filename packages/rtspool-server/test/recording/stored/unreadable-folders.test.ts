import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { recordingDefaults } from '../../../src/recording/recording-plan.js'
import { SegmentCatalog } from '../../../src/recording/stored/segment-catalog.js'
import { recordFiles } from '../support/recorded-files.js'

/** Lets folders of a name fail. No permissions are changed: they do not bind root. */
function failAt(name: string, code: string): void {
  const { readdir } = promises
  const failing = async (folder: string, options: { withFileTypes: true }) => {
    if (basename(folder) === name) throw Object.assign(new Error(code), { code })
    return readdir(folder, options)
  }
  Object.assign(promises, { readdir: failing })
  syncBuiltinESMExports()
  onTestFinished(() => {
    Object.assign(promises, { readdir })
    syncBuiltinESMExports()
  })
}

async function catalogWith(name: string, code: string): Promise<SegmentCatalog> {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-recordings-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const disk = join(folder, 'disk')
  await recordFiles(disk, { seconds: 2 })
  mkdirSync(join(disk, 'lost+found'))
  failAt(name, code)
  return new SegmentCatalog({ ...recordingDefaults, name: 'all', folder: disk })
}

describe('a folder that cannot be read', () => {
  it.each(['EACCES', 'EPERM'])('hides no file of the others (%s)', async (code) => {
    const catalog = await catalogWith('lost+found', code)
    expect((await catalog.list()).map(({ file }) => file)).toEqual(['cam/29/12-00-00.mp4'])
  })

  it.each([
    ['disk', 'EACCES'],
    ['lost+found', 'EIO'],
  ])(
    'is an error if it is the folder of the recording, or the disk fails: %s %s',
    async (name, code) => {
      const catalog = await catalogWith(name, code)
      await expect(catalog.list()).rejects.toMatchObject({ code })
    },
  )
})
