import { Validator } from '@seriousme/openapi-schema-validator'
import { MediaFactory } from 'rtspool'
import { describe, expect, it } from 'vitest'
import { connectTo, play, publish, urlOf } from '../../../rtspool/test/support/test-server.js'
import { PictureSource } from '../live/support/picture-source.js'
import { recordFiles } from '../recording/support/recorded-files.js'
import { type ApiScene, type SceneOptions, startApi } from './api-scene.js'
import { apiUser, expectEverySuccess } from './call-everything.js'
import { expectEveryError } from './provoke-errors.js'
import { provokeSnapshotErrors, slowSnapshots } from './provoke-snapshot-errors.js'

/** A server with a publisher and a viewer. */
async function busyScene(options: SceneOptions = {}): Promise<ApiScene> {
  const scene = await startApi({}, {}, options)
  const url = urlOf(scene.server, '/live/door')
  await recordFiles(scene.recordingsFolder, { seconds: 12 })
  await publish(await connectTo(scene.server), url)
  await play(await connectTo(scene.server), url)
  return scene
}

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const { api } = await startApi()
    const validator = new Validator()
    const result = await validator.validate(JSON.parse(JSON.stringify(api.document)))
    expect(result.errors).toBeUndefined()
    expect(result.valid).toBe(true)
    expect(validator.version).toBe('3.1')
  })

  it('describes every success: a client made from it calls each operation', {
    timeout: 120_000,
  }, async () => {
    const config = `${apiUser.config}\nsnapshots: { ffmpeg: false }`
    const scene = await busyScene({ hasLive: true, ...apiUser, config })
    const camera = new PictureSource()
    scene.server.mounts.add('/cam', new MediaFactory(() => camera))
    await play(await connectTo(scene.server), urlOf(scene.server, '/cam'), ['TCP'])
    camera.push(1)
    await expectEverySuccess(scene.api)
  })

  // A hundred tokens are each written to the disk.
  it('describes every error: each one is seen with what was expected and received', {
    timeout: 120_000,
  }, async () => {
    const slow = slowSnapshots()
    const scene = await busyScene({ ...apiUser, config: `${apiUser.config}\n${slow.config}` })
    await provokeSnapshotErrors(scene, slow)
    // `recordings.test.ts` provokes these.
    const elsewhere = ['exportRecording too-many', 'playRecording too-many']
    // `sources.test.ts` provokes these.
    elsewhere.push('changeSource conflict', 'removeSource conflict')
    // `external-users.test.ts` provokes this one.
    elsewhere.push('login login-unavailable')
    await expectEveryError(scene, elsewhere)
  })
})
