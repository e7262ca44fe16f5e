import { expect } from 'vitest'
import type { MediaFactoryOptions, RtspServer, RtspServerOptions } from '../../src/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { mountCamera, readySession, tcp } from './dialogue.js'
import { closeServerAfterTest } from './open-things.js'
import type { RtspTestClient, UdpTestPorts } from './rtsp-client.js'
import { connectTo, play, publish, startServer, testSdp, urlOf } from './test-server.js'
import { pushTo, type TestSource } from './test-source.js'

type Carriers = readonly ('TCP' | UdpTestPorts)[]

/** Options of the server; without a clock a scene has one of its own. */
export interface SceneOptions extends RtspServerOptions {
  readonly clock?: ManualClock
}

/**
 * Options of a server on a fake clock: time that jumps must make no client a slow reader before the
 * kernel has acknowledged what was sent.
 */
export const fakeTime = (clock = new ManualClock()) => ({
  clock,
  slowReaderTimeout: 0,
  maxBacklogSeconds: 1e6,
})

/** Part of every scene. */
interface Stage {
  readonly server: RtspServer
}

/** Part of a scene on a fake clock. */
interface FakeTime {
  /** Clock of the server; it stands still until a test advances it. */
  readonly clock: ManualClock
}

/** A mounted camera with a video and an audio track. */
interface Camera {
  readonly url: string
  /** Sources that were made for the camera, in order. */
  readonly sources: readonly TestSource[]
  /**
   * Pushes a packet into a track of the first source; throws where no packet would be sent. A packet
   * without a marker is sent when the clock moves.
   */
  readonly push: (packet: Uint8Array, track?: number) => boolean
}

/** A client that publishes. */
interface Publisher {
  readonly url: string
  readonly publisher: RtspTestClient
  /** Session id of the publisher. */
  readonly publication: string
}

/** A client with a session of its own. */
interface Session {
  readonly client: RtspTestClient
  readonly session: string
}

interface Viewer {
  readonly viewer: RtspTestClient
  /** Session id of the viewer, and the responses to SETUP and PLAY. */
  readonly played: Awaited<ReturnType<typeof play>>
}

type Step = (stage: Stage & { readonly url: string }) => Promise<object> | object

/** Describes a scene part by part; each part uses the URL of the camera or publisher before it. */
class Scene<Parts> {
  readonly #options: RtspServerOptions
  /** Clock of a scene on a fake clock. */
  readonly #clock: ManualClock | undefined
  readonly #steps: readonly Step[]

  constructor(
    options: RtspServerOptions,
    clock: ManualClock | undefined,
    steps: readonly Step[] = [],
  ) {
    this.#options = options
    this.#clock = clock
    this.#steps = steps
  }

  #with<Part>(step: Step): Scene<Parts & Part> {
    return new Scene(this.#options, this.#clock, [...this.#steps, step])
  }

  /** Mounts a camera. */
  camera(path = '/cam', options?: MediaFactoryOptions) {
    return this.#with<Camera>(({ server }) => {
      const sources = mountCamera(server, path, options)
      const push = (packet: Uint8Array, track = 0) => pushTo(sources, track, packet)
      return { url: urlOf(server, path), sources, push }
    })
  }

  /** Connects a client that publishes, with one carrier a track. */
  publisher(carriers?: Carriers, path = '/live/cam', sdp = testSdp) {
    return this.#with<Publisher>(async ({ server }) => {
      const [publisher, url] = [await connectTo(server), urlOf(server, path)]
      const { session } = await publish(publisher, url, carriers, sdp)
      return { url, publisher, publication: session }
    })
  }

  /** Connects a client that sends nothing yet. */
  client() {
    return this.#with<{ readonly client: RtspTestClient }>(async ({ server }) => ({
      client: await connectTo(server),
    }))
  }

  /** Connects a client with a session in which both tracks are set up. */
  ready(transport = tcp) {
    return this.#with<Session>(async ({ server, url }) => {
      const client = await connectTo(server)
      return { client, session: await readySession(client, url, transport) }
    })
  }

  /** Connects a client that plays, with one carrier a track. */
  viewer(carriers?: Carriers) {
    return this.#with<Viewer>(async ({ server, url }) => {
      const viewer = await connectTo(server)
      return { viewer, played: await play(viewer, url, carriers) }
    })
  }

  /**
   * Starts the server and puts the parts around it. After the test they are closed, clients first;
   * then no session, media, socket or timer of the server may be left.
   */
  async start(): Promise<Stage & Parts> {
    const clock = this.#clock
    const server = await startServer({ ...(clock && fakeTime(clock)), ...this.#options })
    if (clock) {
      closeServerAfterTest({
        close: async () => {},
        checkClosed: () => expect(clock.pendingTimers, 'timers left').toBe(0),
      })
    }
    let stage = { server, clock, url: '' }
    for (const step of this.#steps) stage = { ...stage, ...(await step(stage)) }
    return stage as typeof stage & Parts
  }
}

/**
 * Begins the description of a server and of what a test needs around it.
 *
 * @example
 * ```ts
 * const { server, clock, push, viewer } = await scene({ sessionTimeout: 10 }).camera().viewer().start()
 * ```
 */
export function scene({ clock = new ManualClock(), ...options }: SceneOptions = {}) {
  return new Scene<FakeTime>(options, clock)
}

/** Begins the description of a scene on the clock of the system, for tests that wait for the kernel. */
export function realTimeScene(options: RtspServerOptions = {}) {
  return new Scene<unknown>(options, undefined)
}
