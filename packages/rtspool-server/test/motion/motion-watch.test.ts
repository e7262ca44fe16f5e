import type { Clock } from 'rtspool'
import { describe, expect, it } from 'vitest'
import { advancing, until } from '../../../rtspool/test/support/until.js'
import type { Post } from '../../src/motion/soap-client.js'
import { OnvifScene } from '../camera/onvif/onvif-scene.js'
import { cameraUser, watchOf } from './motion-scene.js'

const quick = '?motion=0.2@0.4'

describe('a watch of the motion of a camera', () => {
  it('tells when something begins to move, and when nothing moves any more', async () => {
    const { told, tells } = await watchOf(quick)
    await tells(5)
    expect(told).toEqual([undefined, true, false, true, false])
  })

  it('logs in with the digest of a UsernameToken, whatever the clock of the camera says', async () => {
    const hourAhead = (clock: Clock): Clock => ({
      now: () => clock.now(),
      unixTimeMs: () => clock.unixTimeMs() + 3_600_000,
      schedule: (...args) => clock.schedule(...args),
    })
    const { told, tells } = await watchOf(`${quick}&auth=digest`, {
      ...{ login: cameraUser, clockOf: hourAhead },
    })
    await tells(2)
    expect(told).toEqual([undefined, true])
  })

  it.each(['digest', 'digest-md5', 'digest-sha256'])(
    'logs in by HTTP at a camera that takes no UsernameToken: %s',
    async (auth) => {
      const post: Post = (url, init) => {
        const body = String(init.body).replace(/<Security.*<\/Security>/, '')
        return fetch(url, { ...init, body })
      }
      const { told, tells } = await watchOf(`${quick}&auth=${auth}`, { login: cameraUser, post })
      await tells(3)
      expect(told).toEqual([undefined, true, false])
    },
  )

  it('says why the camera refuses, without the password, and tries again', async () => {
    const login = { username: 'admin', password: 'wrong-word' }
    const { told, urls, scene, tells } = await watchOf(`${quick}&auth=digest`, { login })
    await tells(1)
    expect(told[0]).toMatch(/^the camera responds /)
    expect(told[0]).not.toContain('wrong-word')
    const before = urls.length
    await until(() => urls.length > before, advancing(scene.clock, 10))
    expect(told).toHaveLength(1)
  })

  it('counts nothing as moving while the camera is away, and learns the state when it is back', async () => {
    const { scene, told, tells } = await watchOf('?motion=600@0.1')
    await tells(2)
    const { port } = scene.server
    await scene.server.close()
    await tells(4)
    expect(told).toEqual([undefined, true, expect.stringMatching(/./), false])
    const back = await OnvifScene.start(port)
    await until(
      () => told.length >= 6,
      async () => {
        await advancing(scene.clock, 1)()
        back.clock.advance(1)
      },
    )
    expect(told.slice(4)).toEqual([undefined, true])
  })

  it('subscribes anew when the camera has forgotten the subscription', async () => {
    const { scene, told, urls, tells } = await watchOf('?motion=600@0.1')
    await tells(2)
    const subscription = urls.find((url) => url.includes('/subscription/')) ?? ''
    await scene.call(subscription, 'wsnt:Unsubscribe')
    await tells(6)
    expect(told).toEqual([...[undefined, true, expect.stringMatching(/./), false, undefined, true]])
    expect(new Set(urls.filter((url) => url.includes('/subscription/'))).size).toBe(2)
  })

  it('ends its subscription when it is closed, and leaves nothing', async () => {
    const { scene, watch, urls, tells } = await watchOf(quick)
    await tells(1)
    const subscription = urls.find((url) => url.includes('/subscription/')) ?? ''
    await watch.close()
    expect(urls.at(-1)).toBe(subscription)
    expect((await scene.call(subscription, 'tev:PullMessages')).status).not.toBe(200)
    expect(scene.clock.pendingTimers).toBe(0)
  })
})
