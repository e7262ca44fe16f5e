import { EventEmitter } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { type Clock, systemClock } from 'rtspool'
import type { MotionFeed } from '../recording/rules/motion-condition.js'
import type { CameraLogin } from './http-digest.js'
import type { MotionWatchInit } from './motion-watch.js'
import type { Post } from './soap-client.js'

/** Camera whose motion events are watched. */
export interface MotionCamera {
  /** Path at which the stream of the camera is mounted. */
  readonly path: string
  /** URL of the device service of ONVIF. */
  readonly url: string
  readonly user: CameraLogin | undefined
}

export interface MotionEvents {
  /** Something has begun to move before the camera of a path, or nothing moves any more. */
  changed: [path: string, isMoving: boolean]
  /** The events of a camera arrive (`undefined`), or no longer: the reason. */
  stateChanged: [path: string, failure: string | undefined]
}

interface Watched {
  readonly camera: MotionCamera
  /** Ends the watch. */
  close(): Promise<void>
}

export interface MotionServiceOptions {
  /** Clock of all subscriptions, which tests replace. @default the clock of the machine */
  readonly clock?: Clock | undefined
  /** Function that sends HTTP requests. @default `fetch` of Node */
  readonly post?: Post | undefined
}

/** Watches the motion events of cameras. The code for ONVIF is loaded with the first camera. */
export class MotionService extends EventEmitter<MotionEvents> implements MotionFeed {
  readonly #clock: Clock
  readonly #post: Post
  readonly #watched = new Map<string, Watched>()
  readonly #moving = new Set<string>()

  constructor({ clock = systemClock, post = fetch }: MotionServiceOptions = {}) {
    super()
    this.#clock = clock
    this.#post = post
  }

  get movingPaths(): ReadonlySet<string> {
    return this.#moving
  }

  /** Replaces the cameras. The subscriptions of unchanged ones go on. */
  update(cameras: readonly MotionCamera[]): void {
    for (const [path, { camera }] of this.#watched) {
      if (!cameras.some((each) => isDeepStrictEqual(each, camera))) void this.#remove(path)
    }
    for (const camera of cameras) if (!this.#watched.has(camera.path)) this.#add(camera)
  }

  /** Ends all subscriptions. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([...this.#watched.keys()].map((path) => this.#remove(path)))
  }

  #add(camera: MotionCamera): void {
    const { path, url, user } = camera
    let isClosed = false
    const init: MotionWatchInit = {
      ...{ url, user, clock: this.#clock, post: this.#post },
      onChange: (isMoving) => {
        // Another camera may have taken the place of this one.
        if (!isClosed) this.#note(path, isMoving)
      },
      onState: (failure) => {
        if (!isClosed) this.emit('stateChanged', path, failure)
      },
    }
    const watching = import('./motion-watch.js').then(({ MotionWatch }) =>
      isClosed ? undefined : new MotionWatch(init),
    )
    const close = async (): Promise<void> => {
      isClosed = true
      const watch = await watching
      await watch?.close()
    }
    this.#watched.set(path, { camera, close })
  }

  async #remove(path: string): Promise<void> {
    const watched = this.#watched.get(path)
    this.#watched.delete(path)
    const closed = watched?.close()
    if (this.#moving.has(path)) this.#note(path, false)
    await closed
  }

  #note(path: string, isMoving: boolean): void {
    if (isMoving) this.#moving.add(path)
    else this.#moving.delete(path)
    this.emit('changed', path, isMoving)
  }
}
