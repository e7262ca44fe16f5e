import { describe, expect, it, onTestFinished } from 'vitest'
import { advancing, until } from '../../../rtspool/test/support/until.js'
import { type MotionCamera, MotionService } from '../../src/motion/motion-service.js'
import { OnvifScene } from '../camera/onvif/onvif-scene.js'

async function scene() {
  const onvif = await OnvifScene.start()
  const posted: string[] = []
  const post = (url: string, init: RequestInit) => {
    posted.push(url)
    return fetch(url, init)
  }
  const service = new MotionService({ clock: onvif.clock, post })
  onTestFinished(() => service.close())
  const cameraAt = (path: string, query: string): MotionCamera => ({
    ...{ path, url: `${onvif.origin}/onvif/device_service${query}`, user: undefined },
  })
  const passUntil = (isDone: () => boolean) => until(isDone, advancing(onvif.clock, 1))
  return { service, posted, cameraAt, passUntil }
}

describe('the service of motion events', () => {
  it('tells the paths of cameras with motion, and each change', async () => {
    const { service, cameraAt, passUntil } = await scene()
    const changes: string[] = []
    service.on('changed', (path, isMoving) => void changes.push(`${path} ${isMoving}`))
    service.update([cameraAt('/a', '?motion=0.2@0.3'), cameraAt('/b', '?motion=600@0.1')])
    await passUntil(() => changes.length >= 3)
    expect(changes).toEqual(['/b true', '/a true', '/a false'])
    expect([...service.movingPaths]).toEqual(['/b'])
  })

  it('goes on with an unchanged camera, and forgets the motion of one that is removed', async () => {
    const { service, posted, cameraAt, passUntil } = await scene()
    service.update([cameraAt('/a', '?motion=600@0.1'), cameraAt('/b', '?motion=600@0.1')])
    await passUntil(() => [...service.movingPaths].length === 2)
    const created = () => posted.filter((url) => url.includes('event_service')).length
    const before = created()
    service.update([cameraAt('/a', '?motion=600@0.1')])
    await passUntil(() => !service.movingPaths.has('/b'))
    expect([...service.movingPaths]).toEqual(['/a'])
    expect(created()).toBe(before)
  })

  it('can be closed before the code for ONVIF is loaded', async () => {
    const { service, posted, cameraAt } = await scene()
    service.update([cameraAt('/a', '')])
    await service.close()
    expect(posted).toEqual([])
  })
})
