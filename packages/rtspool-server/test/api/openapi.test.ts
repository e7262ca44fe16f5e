import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { connectTo, play, publish, urlOf } from '../../../rtspool/test/support/test-server.js'
import { type ApiScene, type SceneOptions, startApi } from './api-scene.js'
import { apiUser, expectEverySuccess } from './call-everything.js'
import { expectEveryError } from './provoke-errors.js'

/** A server with a publisher and a viewer. */
async function busyScene(options: SceneOptions = {}): Promise<ApiScene> {
  const scene = await startApi({}, {}, options)
  const url = urlOf(scene.server, '/live/door')
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

  it('describes every success: a client made from it calls each operation', async () => {
    const { api } = await busyScene({ hasLive: true, ...apiUser })
    await expectEverySuccess(api)
  })

  // A hundred tokens are each written to the disk.
  it('describes every error: each one is seen with what was expected and received', {
    timeout: 30_000,
  }, async () => {
    await expectEveryError(await busyScene(apiUser))
  })
})
