import { describe, expect, it } from 'vitest'
import { advancing, until } from '../../../rtspool/test/support/until.js'
import { defaultUser } from '../../src/camera/camera-server.js'
import { noFaults } from '../../src/camera/faults.js'
import { onvifCameras } from '../../src/camera/onvif-cameras.js'
import { cameraFiles } from '../../src/test-picture.js'
import { CameraScene } from './camera-scene.js'

const { signal } = new AbortController()

async function started() {
  const scene = await CameraScene.start()
  const faults = { ...noFaults, loss: 3 }
  const init = { server: scene.server, files: cameraFiles, faults, user: defaultUser }
  return { scene, cameras: await onvifCameras({ ...init, clock: scene.clock }) }
}

describe('cameras of ONVIF', () => {
  it('are the files with H.264, in their size', async () => {
    const { scene, cameras } = await started()
    expect(cameras.videos).toEqual([
      { token: 'profile-test', path: '/test', width: 640, height: 360 },
    ])
    expect(cameras.rtspPort).toBe(scene.server.address().port)
  })

  it('have the faults of the command line, which a URL may override', async () => {
    const { cameras } = await started()
    expect(cameras.faultsOf('')).toMatchObject({ loss: 3, motion: { seconds: 5, atSeconds: 10 } })
    expect(cameras.faultsOf('loss=1&motion=1@2')).toMatchObject({
      ...{ loss: 1, motion: { seconds: 1, atSeconds: 2 } },
    })
    expect(() => cameras.faultsOf('motion=0@2')).toThrow('expected times from 0.1 s, got "0@2"')
  })

  it('have no picture without video, and say why', async () => {
    const { scene, cameras } = await started()
    let reason = ''
    const taken = cameras.snapshot('/pcm', '', signal).catch((error: Error) => {
      reason = error.message
    })
    // In small steps: the file is opened at the pace of the machine, and the camera waits 10 s for a picture.
    await until(() => reason !== '', advancing(scene.clock, 1))
    await taken
    expect(reason).toContain('a snapshot needs H264, H265 or JPEG')
  })

  it('have no picture with a fault that does not exist', async () => {
    const { cameras } = await started()
    await expect(cameras.snapshot('/test', 'los=1', signal)).rejects.toThrow('did you mean loss?')
  })
})
