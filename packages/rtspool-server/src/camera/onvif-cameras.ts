import { type Clock, systemClock } from 'rtspool'
import { openFileSource } from 'rtspool/file'
import { h264Format } from '../codec/h264-format.js'
import { ConversionQueue } from '../snapshots/conversion-queue.js'
import { JpegError, jpegOf } from '../snapshots/jpeg.js'
import { pictureOf } from '../snapshots/picture.js'
import type { CameraServer } from './camera-server.js'
import type { Faults } from './faults.js'
import { encodingOf } from './media/faulty-source.js'
import type { OnvifCameras, OnvifSnapshot, OnvifVideo } from './onvif/index.js'
import { parseFaults } from './parse-faults.js'
import type { CameraUser } from './virtual-camera.js'

/** Longest wait for a key frame in seconds, and for the program that makes a JPEG in milliseconds. */
const pictureSeconds = 10
const jpegMs = 10_000
/** Maximum number of programs that make JPEGs at the same time. */
const maxConversions = 2
/** Identifier of the quirk of doorbells whose button is dead while a client has the back channel open. */
const deadButtonQuirk = '18'
const h264ClockRate = 90_000

/** Camera server, and the settings that ONVIF services of its cameras need. */
export interface OnvifCamerasInit {
  readonly server: CameraServer
  /** Media files by the URL path at which a virtual camera plays them. */
  readonly files: ReadonlyMap<string, string>
  readonly faults: Faults
  readonly user: CameraUser
  /** Clock of the ONVIF services, which tests replace. @default the clock of the machine */
  readonly clock?: Clock
}

/**
 * Returns the cameras of a server as ONVIF services see them: a profile for each file with H.264,
 * because the media service of version 1 has no name for H.265.
 */
export async function onvifCameras(init: OnvifCamerasInit): Promise<OnvifCameras> {
  const { server, files, faults, user, clock = systemClock } = init
  const videos = await Promise.all([...files].map(([path, file]) => videoOf(path, file)))
  const queue = new ConversionQueue(() => maxConversions)
  return {
    ...{ clock, user, rtspPort: server.address().port },
    videos: videos.filter((video) => video !== undefined),
    isMuted: async (given) =>
      given.quirk.includes(deadButtonQuirk) && (await server.hasBackChannel(given)),
    faultsOf: (query) => parseFaults(query, faults),
    snapshot: (path, query, signal) =>
      queue.run(`${path}?${query}`, () => snapshot({ server, clock }, `${path}?${query}`, signal)),
  }
}

/** Returns the video of a file; `undefined` without H.264 and its parameter sets in the description. */
async function videoOf(path: string, file: string): Promise<OnvifVideo | undefined> {
  const source = await openFileSource(file)
  const { media } = source.description
  await source.close()
  const video = media.find((each) => each.kind === 'video')
  if (!video || encodingOf(video) !== 'H264') return undefined
  const [payloadType = -1] = video.payloadTypes
  const [, sets = ''] = /sprop-parameter-sets=([^;]+)/.exec(video.fmtp(payloadType) ?? '') ?? []
  const units = sets.split(',').map((set) => Buffer.from(set, 'base64'))
  const format = h264Format(units, h264ClockRate)
  if (!format) return undefined
  const { width, height } = format
  // Clients that read XML take a token such as 1.0 for a number.
  return { token: `profile-${path.slice(1)}`, path, width, height }
}

/** Takes a picture of the camera at `uri`: JPEG, or MP4 without ffmpeg. @throws {Error} Says why there is none. */
async function snapshot(
  { server, clock }: { readonly server: CameraServer; readonly clock: Clock },
  uri: string,
  signal: AbortSignal,
): Promise<OnvifSnapshot> {
  const found = await server.find(uri)
  if (!('camera' in found)) throw new Error(found.explanation)
  const unit = await found.camera.readKeyFrame({ clock, seconds: pictureSeconds, signal })
  const picture = pictureOf(unit)
  if (picture.jpeg) return { contentType: 'image/jpeg', bytes: picture.jpeg }
  try {
    const options = { ffmpeg: 'ffmpeg', width: undefined, timeoutMs: jpegMs, clock, signal }
    return { contentType: 'image/jpeg', bytes: await jpegOf(picture.mp4, options) }
  } catch (error) {
    if (error instanceof JpegError) return { contentType: 'video/mp4', bytes: picture.mp4 }
    throw error
  }
}
