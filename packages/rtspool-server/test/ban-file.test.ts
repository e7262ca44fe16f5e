import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SessionPool } from 'rtspool'
import { ManualClock } from 'rtspool/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { until } from '../../rtspool/test/support/until.js'
import { BanFile, banFileName } from '../src/ban-file.js'
import { configSchema } from '../src/config/schema.js'

const folder = mkdtempSync(join(tmpdir(), 'rtspool-bans-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
const newFile = () => join(folder, `${files++}.json`)

/** A pool whose bans are kept in a file. */
async function kept(file = newFile(), maxBans?: number) {
  const clock = new ManualClock()
  const pool = new SessionPool({ clock, bans: { maxBans } })
  const failures: string[] = []
  const banFile = await BanFile.open(file, pool, {
    source: 'bans.file f',
    onFailure: (error) => failures.push(String(error)),
    clock,
  })
  const subjects = () => {
    const { bans }: { bans: Record<string, string>[] } = JSON.parse(readFileSync(file, 'utf8'))
    return bans.map(({ address, user, path }) => address ?? user ?? path)
  }
  const saved = (...expected: string[]) => until(() => `${subjects()}` === `${expected}`)
  return { file, clock, pool, bans: pool.bans, banFile, failures, subjects, saved }
}

describe('a file of bans', () => {
  it('holds the bans of an earlier process, with their ids, hits and ends', async () => {
    const before = await kept()
    const { publicId } = before.bans.add({
      address: '192.0.2.0/24',
      reason: 'noise',
      author: 'eve',
    })
    before.bans.add({ user: 'ann', seconds: 60 })
    before.bans.hit({ address: '192.0.2.7' })
    await before.banFile.close()
    const { bans, banFile, clock } = await kept(before.file)
    expect(bans.get(publicId)).toMatchObject({ hits: 1, reason: 'noise', author: 'eve' })
    expect(bans.find({ user: 'ann' })).toMatchObject({ cause: 'added' })
    clock.advance(60_000)
    expect(bans.find({ user: 'ann' })).toBeUndefined()
    await banFile.close()
  })

  it('is written after each change, and once a second at most', async () => {
    const { bans, clock, saved, subjects, banFile } = await kept()
    const { publicId } = bans.add({ user: 'ann' })
    bans.add({ path: '/cam' })
    await saved('ann', '/cam')
    await until(() => clock.pendingTimers === 1)
    bans.remove(publicId)
    bans.add({ user: 'bob' })
    expect(subjects()).toEqual(['ann', '/cam'])
    clock.advance(1000)
    await saved('/cam', 'bob')
    await banFile.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('has all bans after the end, and none that was added later', async () => {
    const { bans, banFile, subjects } = await kept()
    bans.add({ user: 'ann' })
    await banFile.close()
    bans.add({ user: 'bob' })
    await banFile.close()
    expect(subjects()).toEqual(['ann'])
  })

  it('leaves out bans that have expired', async () => {
    const { bans, clock, saved, banFile } = await kept()
    bans.add({ user: 'ann', seconds: 30 })
    bans.add({ user: 'bob' })
    await saved('ann', 'bob')
    await until(() => clock.pendingTimers === 2)
    clock.advance(31_000)
    await saved('bob')
    await banFile.close()
  })

  it('is tried again after a failure, which is reported', async () => {
    const place = join(folder, 'place')
    mkdirSync(place)
    const { bans, clock, failures, saved, banFile } = await kept(join(place, 'bans.json'))
    rmSync(place, { recursive: true })
    bans.add({ user: 'ann' })
    await until(() => failures.length === 1 && clock.pendingTimers === 1)
    expect(failures[0]).toContain('bans.file f cannot be written: ENOENT')
    mkdirSync(place)
    clock.advance(10_000)
    await until(() => existsSync(join(place, 'bans.json')))
    await saved('ann')
    await banFile.close()
  })

  it.each([
    ['no JSON', '{', 'cannot be used: '],
    ['other JSON', '[]', 'cannot be used: expected { "version": 1, "bans": [ … ] }'],
    ['an unknown ban', '{"version":1,"bans":[{}]}', 'cannot be used: bans.restore[0]'],
  ])('with %s prevents the start, and stays', async (_, text, says) => {
    const file = newFile()
    writeFileSync(file, text)
    await expect(kept(file)).rejects.toThrow(`bans.file f ${says}`)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  it('with more bans than the limit prevents the start, and names the limit', async () => {
    const before = await kept()
    for (const user of ['ann', 'bob', 'eve']) before.bans.add({ user })
    await before.banFile.close()
    await expect(kept(before.file, 2)).rejects.toThrow(
      'bans.file f cannot be used: the maximum number of bans is 2; raise bans.maxBans',
    )
  })

  it('in a folder that does not exist prevents the start', async () => {
    await expect(kept(join(folder, 'none', 'bans.json'))).rejects.toThrow(
      'cannot be written: ENOENT',
    )
  })
})

describe('the name of the file', () => {
  const nameOf = (config: object, environment = {}) =>
    banFileName(configSchema.parse(config), environment)

  it('is that of the configuration, else one in the state directory', () => {
    const state = { STATE_DIRECTORY: '/var/lib/rtspool:/var/lib/other' }
    expect(nameOf({ bans: { file: '/etc/bans.json' } }, state)).toBe('/etc/bans.json')
    expect(nameOf({}, state)).toBe(join('/var/lib/rtspool', 'rtspool-bans.json'))
    expect(nameOf({})).toBeUndefined()
    expect(nameOf({}, { STATE_DIRECTORY: '' })).toBeUndefined()
  })
})
