import { writeFileSync } from 'node:fs'
import { MediaFactory, type RtspServer } from 'rtspool'
import { expect } from 'vitest'
import { connectTo, play, urlOf } from '../../../rtspool/test/support/test-server.js'
import { until } from '../../../rtspool/test/support/until.js'
import { PictureSource } from '../live/support/picture-source.js'
import { fakeProgram } from '../snapshots/support/fake-program.js'
import type { ApiAnswer, ApiClient } from './api-client.js'
import type { ApiScene } from './api-scene.js'

/** Settings under which {@link provokeSnapshotErrors} finds every error, and their program. */
export interface SlowSnapshots {
  readonly config: string
  readonly program: string
}

/** Writes a program that fails: at once, or for a picture with a width once a file is there. */
export function slowSnapshots(): SlowSnapshots {
  const program = fakeProgram([
    'case "$*" in *scale=min*) while [ ! -e "$0-go" ]; do sleep 0.05; done ;; esac',
    'exit 1',
  ])
  const config = `snapshots: { ffmpeg: '${program}', waitSeconds: 0, maxProcesses: 1 }`
  return { config, program }
}

/** Conversions that run or wait before one more is refused. */
const conversions = 13

/** Provokes the errors that both operations for snapshots describe, apart from those of every operation. */
export async function provokeSnapshotErrors(
  { api, server }: Pick<ApiScene, 'api' | 'server'>,
  { program }: SlowSnapshots,
): Promise<void> {
  const camera = await mountCamera(server, '/cam')
  await expectBoth(api, '/cam', {}, 503)
  camera.push(1)
  await expectBoth(api, '/cam', { format: 'jpeg' }, 409)
  await mountCamera(server, '/vp8', new PictureSource({ video: 'VP8' }))
  await expectBoth(api, '/vp8', {}, 409)
  server.mounts.add('/idle', new MediaFactory(() => new PictureSource()))
  await (await connectTo(server)).request('DESCRIBE', urlOf(server, '/idle'))
  await expectBoth(api, '/idle', {}, 409)
  await provokeBusy(api, program)
}

async function provokeBusy(api: ApiClient, program: string): Promise<void> {
  const wish = { path: '/cam', format: 'jpeg' }
  let ended = 0
  const waiting = Array.from({ length: conversions }, async (_, n) => {
    const answer = await api.call('getSnapshot', { query: { ...wish, width: `${100 + n}` } })
    ended++
    return answer.status
  })
  // A refused request is the first that ends.
  let status = 0
  await until(
    () => status === 429,
    async () => {
      const answer = await api.call('getSnapshot', { query: { ...wish, width: '90' } })
      status = answer.status
    },
  )
  expect(ended).toBe(0)
  await expectBoth(api, '/cam', { format: 'jpeg', width: '91' }, 429)
  writeFileSync(`${program}-go`, '')
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([409]))
}

async function mountCamera(
  server: RtspServer,
  path: string,
  source = new PictureSource(),
): Promise<PictureSource> {
  server.mounts.add(path, new MediaFactory(() => source))
  await play(await connectTo(server), urlOf(server, path), ['TCP'])
  return source
}

/** Asks for a snapshot by the path, and by the id of its media. */
async function expectBoth(
  api: ApiClient,
  path: string,
  wish: Readonly<Record<string, string>>,
  status: number,
): Promise<void> {
  const { body } = await api.call('listMedia')
  const media = body.media.find((each: { path: string }) => each.path === path)
  const answers: ApiAnswer[] = [
    await api.call('getSnapshot', { query: { path, ...wish } }),
    await api.call('getMediaSnapshot', { params: { publicId: media.publicId }, query: wish }),
  ]
  expect(answers.map((answer) => [path, answer.status])).toEqual([
    [path, status],
    [path, status],
  ])
}
