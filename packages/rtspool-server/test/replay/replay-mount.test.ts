import { MediaFactory } from 'rtspool'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { connectTo, expectOk, urlOf } from '../../../rtspool/test/support/test-server.js'
import { FootageFile } from '../../src/replay/footage-file.js'
import { Replay } from '../../src/replay/replay.js'
import { recordFiles } from '../recording/support/recorded-files.js'
import { newFolder, newServer, planFor, StoredRecordings } from './support/replay-scene.js'

async function serve() {
  const folder = newFolder()
  await recordFiles(folder, { seconds: 2 })
  const recordings = new StoredRecordings(planFor(folder, { path: '/other' }), planFor(folder))
  const server = newServer()
  await server.listen()
  const failures: unknown[] = []
  const replay = new Replay(server.mounts, recordings, (path, error) => {
    failures.push({ path, error })
  })
  return { server, recordings, replay, failures, client: await connectTo(server) }
}

describe('the mount of recordings', () => {
  it('plays the recording of the path behind its own', async () => {
    const { server, replay, client } = await serve()
    replay.update({ path: '/replay' }, true)
    const { body } = await expectOk(client, 'DESCRIBE', urlOf(server, '/replay/cam'))
    expect(body.toString()).toContain('a=range:clock=20261129T120000Z-20261129T120002Z')
    const missing = await client.request('DESCRIBE', urlOf(server, '/replay/none'))
    expect(missing.statusCode).toBe(404)
  })

  it.each([
    {
      name: 'cannot be listed',
      spoil: ({ files }: StoredRecordings, error: Error) =>
        void vi.spyOn(files, 'recent').mockRejectedValue(error),
    },
    {
      name: 'cannot be read',
      spoil: (_: StoredRecordings, error: Error) =>
        void vi.spyOn(FootageFile, 'open').mockRejectedValue(error),
    },
  ])('tells of files that $name, already at DESCRIBE', async ({ spoil }) => {
    const { server, recordings, replay, failures, client } = await serve()
    replay.update({ path: '/replay' }, true)
    server.on('requestFailed', () => {})
    const error = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })
    onTestFinished(() => void vi.restoreAllMocks())
    spoil(recordings, error)
    const { statusCode } = await client.request('DESCRIBE', urlOf(server, '/replay/cam'))
    expect(statusCode).toBeGreaterThanOrEqual(500)
    expect(failures).toEqual([{ path: '/cam', error }])
    vi.restoreAllMocks()
    const missing = await client.request('DESCRIBE', urlOf(server, '/replay/none'))
    expect([missing.statusCode, failures.length]).toEqual([404, 1])
  })

  it('stays where it is if another path is in use, and moves there once it is free', async () => {
    const { server, replay, client } = await serve()
    const [former, wanted] = [{ path: '/replay' }, { path: '/live/cam' }]
    const published = new MediaFactory(() => Promise.reject(new Error('no camera')))
    server.mounts.add('/live/cam', published)
    replay.update(former, true)
    expect([replay.isTaken(former, true), replay.isTaken(wanted, true)]).toEqual([false, true])
    expect(replay.isTaken(wanted, false)).toBe(false)
    expect(() => replay.update(wanted, true)).toThrow('/live/cam is mounted already')
    replay.update(former, true)
    expect(server.mounts.get('/live/cam')).toBe(published)
    await expectOk(client, 'DESCRIBE', urlOf(server, '/replay/cam'))
    server.mounts.remove('/live/cam')
    replay.update(wanted, true)
    await expectOk(client, 'DESCRIBE', urlOf(server, '/live/cam/cam'))
  })

  it('moves, and leaves when nothing is recorded', async () => {
    const { server, replay, client } = await serve()
    replay.update({ path: '/replay' }, true)
    replay.update({ path: '/archive/tv' }, true)
    await expectOk(client, 'DESCRIBE', urlOf(server, '/archive/tv/cam'))
    const former = await client.request('DESCRIBE', urlOf(server, '/replay/cam'))
    expect(former.statusCode).toBe(404)
    replay.update({ path: '/archive/tv' }, false)
    expect([...server.mounts]).toEqual([])
    replay.update({ path: false }, true)
    expect([...server.mounts]).toEqual([])
  })
})
