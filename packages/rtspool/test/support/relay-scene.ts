import { expect } from 'vitest'
import type { RtspServerOptions } from '../../src/index.js'
import { type RelayOptions, type RelaySource, relayMedia } from '../../src/relay/index.js'
import { type SenderReport, serializeCompound } from '../../src/rtcp/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { closeAfterTest, closeServerAfterTest } from './open-things.js'
import { fakeTime } from './scene.js'
import { type CameraAnswers, frame, ScriptedCamera } from './scripted-camera.js'
import { connectTo, play, rtpPacket, startServer, urlOf } from './test-server.js'
import { advancing, until } from './until.js'

const kinds = { sps: 0x67, pps: 0x68, key: 0x65, slice: 0x41 } as const

/** Stream of a scripted camera since its last start: pictures of one packet a NAL unit, and sound. */
export class CameraStream {
  readonly #camera: ScriptedCamera
  readonly #ssrc: number
  #video: number
  #audio: number
  #timestamp: number

  constructor(
    camera: ScriptedCamera,
    { ssrc = 0x11, sequenceNumber = 100, timestamp = 9000 } = {},
  ) {
    this.#camera = camera
    this.#ssrc = ssrc
    this.#video = sequenceNumber
    this.#audio = sequenceNumber
    this.#timestamp = timestamp
  }

  /** Sends a key frame with its parameter sets. */
  sendKeyFrame(): void {
    this.#send(['sps', 'pps', 'key'])
  }

  /** Sends a picture that needs those before. */
  sendPicture(): void {
    this.#send(['slice'])
  }

  /** Sends a sender report of the video track (0) or the audio track (1). */
  sendReport(track: number): void {
    const report: SenderReport = {
      ...{ type: 'senderReport', ssrc: this.#ssrc + track, ntpTime: { seconds: 5, fraction: 0 } },
      ...{ rtpTime: this.#timestamp, packetCount: 1, octetCount: 1, reports: [] },
    }
    this.#camera.send(frame(track * 2 + 1, serializeCompound([report])))
  }

  sendSound(): void {
    const packet = rtpPacket({
      ...{ ssrc: this.#ssrc + 1, sequenceNumber: this.#audio++, timestamp: this.#timestamp },
      payload: Buffer.from([1, 2, 3]),
      payloadType: 97,
    })
    this.#camera.send(frame(2, packet))
  }

  #send(units: readonly (keyof typeof kinds)[]): void {
    this.#timestamp += 3600
    for (const [index, unit] of units.entries()) {
      const packet = rtpPacket({
        ...{ ssrc: this.#ssrc, sequenceNumber: this.#video++, timestamp: this.#timestamp },
        payload: Buffer.from([kinds[unit], 0x88, 1, 2, 3]),
        payloadType: 96,
        marker: index === units.length - 1,
      })
      this.#camera.send(frame(0, packet))
    }
  }
}

/** Waits for a result while time passes: a relay waits for the first reports of its source. */
export async function passing<Result>(clock: ManualClock, result: Promise<Result>) {
  let isOver = false
  const over = (): void => {
    isOver = true
  }
  result.then(over, over)
  await until(() => isOver, advancing(clock, 1))
  return result
}

/** Options of a {@link relayScene}; all optional. */
export interface RelaySceneOptions {
  readonly answers?: CameraAnswers
  readonly options?: RelayOptions
  /** @default the URL of the camera */
  readonly source?: (url: string) => RelaySource | readonly RelaySource[]
  readonly server?: RtspServerOptions
}

/** A scripted camera, and a server that relays it at `/cam`, on one fake clock. No timer may be left after the test. */
export async function relayScene(init: RelaySceneOptions = {}) {
  const clock = new ManualClock()
  const camera = await ScriptedCamera.start(init.answers)
  const server = await startServer({ ...fakeTime(clock), ...init.server })
  const source = init.source?.(camera.url) ?? camera.url
  const relay = relayMedia(source, { clock, random: () => 0, ...init.options })
  server.mounts.add('/cam', relay)
  const states: string[] = []
  relay.on('stateChanged', ({ state, reason }) => states.push(`${state} ${reason ?? ''}`.trim()))
  /** Reasons of the sessions that have ended. */
  const removed: string[] = []
  server.pool.on('sessionRemoved', (_, reason) => removed.push(reason))
  closeAfterTest({ close: () => relay.close() })
  closeServerAfterTest({
    close: async () => {},
    checkClosed: () => expect(clock.pendingTimers, 'timers left').toBe(0),
  })
  const url = urlOf(server, '/cam')
  /** Connects a client that plays. */
  const watch = async () => {
    const viewer = await connectTo(server)
    await passing(clock, play(viewer, url))
    return viewer
  }
  return { clock, camera, server, relay, states, removed, url, watch }
}
