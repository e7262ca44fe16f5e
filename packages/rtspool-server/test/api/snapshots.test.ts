import { MediaFactory } from 'rtspool'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../../rtspool/test/support/until.js'
import { PictureSource } from '../live/support/picture-source.js'
import { fakeProgram } from '../snapshots/support/fake-program.js'
import { startApi } from './api-scene.js'

const withoutProgram = 'snapshots: { ffmpeg: false }'

/** Starts a server whose camera one reader plays. */
async function playedCamera(config = withoutProgram) {
  const scene = await startApi({}, {}, { config })
  const source = new PictureSource()
  scene.server.mounts.add('/cam', new MediaFactory(() => source))
  const reading = new AbortController()
  onTestFinished(() => reading.abort())
  void scene.server
    .read('/cam', { signal: reading.signal })
    .next()
    .catch(() => {})
  await until(() => source.output !== undefined)
  source.push(2)
  const [media] = scene.server.media
  return { ...scene, source, params: { publicId: media?.publicId ?? '' } }
}

/** Writes a program that makes a JPEG of any picture. */
const jpegProgram = () => fakeProgram(['cat > /dev/null', "printf '\\377\\330JPEG'"])

describe('snapshots of the API', () => {
  it('are sent to viewers, as MP4 without a program', async () => {
    const { api, tokenOf, params } = await playedCamera()
    const token = await tokenOf('viewer')
    const { status, headers, body } = await api.call('getMediaSnapshot', { params, token })
    expect([status, headers.get('content-type')]).toEqual([200, 'video/mp4'])
    expect(body).toContain('ftyp')
    expect(Date.parse(headers.get('last-modified') ?? '')).toBeGreaterThan(Date.now() - 60_000)
    const weak = await tokenOf('metrics')
    expect((await api.call('getMediaSnapshot', { params, token: weak })).status).toBe(403)
  })

  it('are JPEG where there is a program, and MP4 for a caller who wants it', async () => {
    const { api, params } = await playedCamera(`snapshots: { ffmpeg: '${jpegProgram()}' }`)
    const any = await api.call('getMediaSnapshot', { params })
    expect([any.headers.get('content-type'), any.headers.get('content-length')]).toEqual([
      ...['image/jpeg', '6'],
    ])
    const mp4 = await api.call('getMediaSnapshot', { params, query: { format: 'mp4' } })
    expect(mp4.headers.get('content-type')).toBe('video/mp4')
  })

  it('of a path have a URL that stays', async () => {
    const { api, params } = await playedCamera()
    const { body } = await api.call('getSnapshot', { query: { path: '/cam' } })
    expect(body).toBe((await api.call('getMediaSnapshot', { params })).body)
  })

  it('name what is wrong with a wish', async () => {
    const { api, params } = await playedCamera()
    const wrong = await api.call('getMediaSnapshot', { params, query: { format: 'png' } })
    expect([wrong.status, wrong.body.errors[0].where]).toEqual([400, 'query.format'])
    const wide = await api.call('getMediaSnapshot', { params, query: { width: '5000' } })
    expect([wide.status, wide.body.errors[0].where]).toEqual([400, 'query.width'])
    const none = await api.call('getSnapshot', { query: { path: '/none' } })
    expect([none.status, none.body.detail]).toEqual([404, 'nothing is mounted at /none'])
  })

  it('are refused where a ban keeps the caller from the path', async () => {
    const { api, params } = await playedCamera()
    await api.call('addBan', { body: { path: '/cam' } })
    for (const call of [
      api.call('getMediaSnapshot', { params }),
      api.call('getSnapshot', { query: { path: '/cam', start: 'true' } }),
    ]) {
      const { status, body } = await call
      expect([status, body.detail]).toEqual([403, 'a ban keeps the caller from the path'])
    }
  })

  it('cannot be made by a program that an admin names over the API', async () => {
    const { api } = await playedCamera()
    const changes = { 'snapshots.ffmpeg': '/bin/true' }
    expect((await api.call('changeConfig', { body: { changes } })).status).toBe(409)
  })

  it('follow changed settings', async () => {
    const { api, params } = await playedCamera(`snapshots: { ffmpeg: '${jpegProgram()}' }`)
    const changes = { 'snapshots.maxCachedBytes': 0, 'snapshots.cacheSeconds': 0 }
    expect((await api.call('changeConfig', { body: { changes } })).status).toBe(200)
    expect((await api.call('getMediaSnapshot', { params })).status).toBe(200)
  })
})
