import type { Clock } from 'rtspool'
import { onTestFinished } from 'vitest'
import { advancing, until } from '../../../rtspool/test/support/until.js'
import type { CameraLogin } from '../../src/motion/http-digest.js'
import { MotionWatch } from '../../src/motion/motion-watch.js'
import type { Post } from '../../src/motion/soap-client.js'
import { OnvifScene, user } from '../camera/onvif/onvif-scene.js'

/** The login that the virtual camera asks for. */
export const cameraUser: CameraLogin = { username: user.name, password: user.password }

interface WatchOptions {
  readonly login?: CameraLogin | undefined
  /** Returns the clock of the watch; that of the camera by default. */
  readonly clockOf?: (clock: Clock) => Clock
  readonly post?: Post
}

/** A watch of a virtual camera, and what it tells: `true` and `false` for motion, a text for a failure. */
export async function watchOf(query: string, options: WatchOptions = {}) {
  const scene = await OnvifScene.start()
  const { login, clockOf = (same) => same, post = fetch } = options
  const told: (boolean | string | undefined)[] = []
  const urls: string[] = []
  const watch = new MotionWatch({
    ...{ url: `${scene.origin}/onvif/device_service${query}`, user: login },
    clock: clockOf(scene.clock),
    post: (url, init) => {
      urls.push(url)
      return post(url, init)
    },
    onChange: (isMoving) => void told.push(isMoving),
    onState: (failure) => void told.push(failure),
  })
  onTestFinished(() => watch.close())
  /** Moves the clock until so much has been told. */
  const tells = (count: number) => until(() => told.length >= count, advancing(scene.clock, 1))
  return { scene, watch, told, urls, tells }
}
