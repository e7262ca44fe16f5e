import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it } from 'vitest'
import {
  createMediaDescription,
  MediaFactory,
  type MediaFactoryOptions,
  type RtspServer,
  type RtspServerEvents,
  type RtspServerOptions,
  Session,
  SessionPool,
  type SessionPoolEvents,
} from '../../../src/index.js'
import { sequenceNumberOf } from '../../../src/rtp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { mountCamera } from '../../support/dialogue.js'
import { misbehaviours } from '../../support/misbehaviour.js'
import { type RtspTestClient, sessionIdOf } from '../../support/rtsp-client.js'
import { StoredTestSource } from '../../support/stored-test-source.js'
import { strayErrorsDuring } from '../../support/stray-errors.js'
import {
  connectTo,
  play,
  rtpPacket,
  startServer,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { pushTo, TestSource } from '../../support/test-source.js'
import { settle, until } from '../../support/until.js'

/** Misbehaves once it is told to; before, it does its duty. */
type Fault = <T>(duty: () => T) => T

/** A function of the application, in its place. */
interface Case {
  readonly options?: (fault: Fault) => RtspServerOptions
  readonly factory?: (fault: Fault) => MediaFactory
  readonly prepare?: (server: RtspServer, fault: Fault) => (() => void) | undefined
}

const quiet: NonNullable<Case['prepare']> = () => undefined

const onServer = (event: keyof RtspServerEvents): Case => ({
  prepare(server, fault) {
    server.on(event, () => fault(() => {}))
    server.once(event, () => fault(() => {}))
    return () => server.removeAllListeners(event)
  },
})

const onPool = (event: keyof SessionPoolEvents): Case => ({
  prepare(server, fault) {
    server.pool.on(event, () => fault(() => {}))
    server.pool.prependListener(event, () => fault(() => {}))
    return undefined
  },
})

const ofPool = (pool: (fault: Fault) => RtspServerOptions['pool']): Case => ({
  options: (fault) => ({ pool: pool(fault) }),
})

const ofSource = (change: (source: StoredTestSource, fault: Fault) => object): Case => ({
  factory: (fault) =>
    new MediaFactory(
      () => {
        const source = new StoredTestSource()
        return Object.assign(source, change(source, fault))
      },
      { shared: false },
    ),
})

const ofFactory = (options: (fault: Fault) => MediaFactoryOptions): Case => ({
  factory: (fault) => new MediaFactory(() => new TestSource(), options(fault)),
})

const backChannelOf = (
  fault: Fault,
  failing: 'open' | 'packet' | 'close',
): MediaFactoryOptions => ({
  backChannel: {
    description: createMediaDescription({
      kind: 'audio',
      payloadType: 0,
      encoding: 'PCMU',
      clockRate: 8000,
    }),
    open: () => {
      const inner = (name: string) => () => (failing === name ? fault(() => {}) : undefined)
      const receiver = { packet: inner('packet'), close: inner('close') }
      return failing === 'open' ? fault(() => receiver) : receiver
    },
  },
})

/** Every function of the application that a client can have called. */
const cases: readonly (readonly [name: string, Case])[] = [
  ...(
    [
      ...['connectionOpened', 'connectionClosed', 'publishStarted', 'publishEnded'],
      ...['requestFailed', 'requestRefused'],
    ] as const
  ).map((event) => [`listener of ${event}`, onServer(event as keyof RtspServerEvents)] as const),
  ...(['sessionCreated', 'sessionRemoved', 'sessionRefused'] as const).map(
    (event) => [`listener of ${event}`, onPool(event)] as const,
  ),
  ['onAdmit', ofPool((fault) => ({ onAdmit: () => fault(() => true) }))],
  ['createSessionId', ofPool((fault) => ({ createSessionId: () => fault(() => nextId()) }))],
  [
    'createSession',
    ofPool((fault) => ({ createSession: (id, init) => fault(() => new Session(id, init)) })),
  ],
  ['idCodec.createId', ofPool((fault) => ({ idCodec: { createId: () => fault(nextId) } }))],
  [
    'admission.tryAcquire',
    ofPool((fault) => ({
      fullPolicy: 'evictOldestIdle',
      admission: { tryAcquire: () => fault(() => undefined), release: () => {} },
    })),
  ],
  [
    'admission.release',
    ofPool((fault) => ({
      admission: { tryAcquire: () => undefined, release: () => fault(() => {}) },
    })),
  ],
  [
    'sessionRemoved of a subclass',
    ofPool((fault) => {
      class Pool extends SessionPool {
        protected override readonly sessionRemoved = (): void => fault(() => {})
      }
      return new Pool()
    }),
  ],
  [
    'the function that makes a source',
    { factory: (fault) => new MediaFactory(() => fault(() => new TestSource())) },
  ],
  ['sharedKey', ofFactory((fault) => ({ sharedKey: ({ path }) => fault(() => path) }))],
  [
    'start',
    ofSource((source, fault) => ({
      start:
        source.start.bind(source) &&
        ((output: never) => fault(() => StoredTestSource.prototype.start.call(source, output))),
    })),
  ],
  [
    'close',
    ofSource((source, fault) => ({
      close: () => fault(() => StoredTestSource.prototype.close.call(source)),
    })),
  ],
  [
    'seek',
    ofSource((source, fault) => ({
      seek: (range: never) => fault(() => StoredTestSource.prototype.seek.call(source, range)),
    })),
  ],
  [
    'resume',
    ofSource((source, fault) => ({
      resume: () => fault(() => StoredTestSource.prototype.resume.call(source)),
    })),
  ],
  [
    'pause',
    ofSource((source, fault) => ({
      pause: () => fault(() => StoredTestSource.prototype.pause.call(source)),
    })),
  ],
  ['backChannel.open', ofFactory((fault) => backChannelOf(fault, 'open'))],
  ['packet of a receiver', ofFactory((fault) => backChannelOf(fault, 'packet'))],
  ['close of a receiver', ofFactory((fault) => backChannelOf(fault, 'close'))],
  ...['callback-failed', 'source-close-failed', 'back-channel-failed', 'refused-packet'].map(
    (name) =>
      [
        `subscriber of rtspool:${name}`,
        {
          factory: (fault) => {
            const { backChannel } = backChannelOf(fault, 'packet')
            const source = new TestSource()
            source.close = () => fault(() => {})
            return new MediaFactory(() => source, { backChannel, shared: false })
          },
          prepare(server, fault) {
            const subscriber = (): void => fault(() => {})
            subscribe(`rtspool:${name}`, subscriber)
            server.pool.on('sessionRemoved', () => fault(() => {}))
            return () => unsubscribe(`rtspool:${name}`, subscriber)
          },
        } satisfies Case,
      ] as const,
  ),
]

let ids = 0
const nextId = (): string => `id${++ids}`

/** Asks without waiting for ever: what is never answered is left. */
async function ask(
  client: RtspTestClient,
  method: string,
  uri: string,
  headers: Record<string, string> = {},
  body?: string,
) {
  const asked = client.request(method, uri, { headers, ...(body === undefined ? {} : { body }) })
  let answer: Awaited<typeof asked> | undefined
  let isOver = false
  asked.then(
    (response) => {
      answer = response
      isOver = true
    },
    () => {
      isOver = true
    },
  )
  for (let turn = 0; turn < 60 && !isOver; turn++) await settle(1, 'some faults get no response')
  return answer
}

const require = { Require: 'www.onvif.org/ver20/backchannel' }

/** Does whatever makes the server call the application; each part on a connection of its own. */
async function visit(server: RtspServer): Promise<void> {
  const url = urlOf(server, '/cam')
  const viewer = await connectTo(server)
  await ask(viewer, 'DESCRIBE', urlOf(server, '/nothing'))
  await ask(viewer, 'DESCRIBE', urlOf(server, '/broken'))
  await ask(viewer, 'DESCRIBE', url)
  const set = await ask(viewer, 'SETUP', `${url}/trackID=0`, { Transport: 'RTP/AVP/TCP;unicast' })
  const session = { Session: set ? sessionIdOf(set) : 'none' }
  await ask(viewer, 'PLAY', url, session)
  await ask(viewer, 'PAUSE', url, session)
  await ask(viewer, 'PLAY', url, { ...session, Range: 'npt=3-' })
  await ask(viewer, 'TEARDOWN', url, session)
  await viewer.close()

  const speaker = await connectTo(server)
  const spoken = await ask(speaker, 'SETUP', `${url}/trackID=2`, {
    Transport: 'RTP/AVP/TCP;unicast',
    ...require,
  })
  await ask(speaker, 'PLAY', url, { Session: spoken ? sessionIdOf(spoken) : 'none' })
  for (let sequenceNumber = 0; sequenceNumber < 3; sequenceNumber++) {
    speaker.sendFrame(0, rtpPacket({ sequenceNumber, payloadType: 0 }))
  }
  await ask(speaker, 'OPTIONS', '*')
  await speaker.close()

  const publisher = await connectTo(server)
  const live = urlOf(server, '/live/x')
  await ask(publisher, 'ANNOUNCE', live, { 'Content-Type': 'application/sdp' }, testSdp)
  const recorded = await ask(publisher, 'SETUP', `${live}/streamid=0`, {
    Transport: 'RTP/AVP/TCP;unicast;mode=record',
  })
  await ask(publisher, 'RECORD', live, { Session: recorded ? sessionIdOf(recorded) : 'none' })
  await publisher.close()
}

describe.each(cases)(
  '%s',
  { tags: ['S-9', 'B-CRASH'] },
  (_name, { options, factory, prepare = quiet }) => {
    it.each(misbehaviours)(
      '%s: its own client at most notices, and the process lives',
      async (_way, misbehave) => {
        let isOn = false
        const fault: Fault = (duty) => (isOn ? (misbehave() as ReturnType<typeof duty>) : duty())
        const clock = new ManualClock()
        const server = await startServer({ clock, ...options?.(fault) })
        const [steady] = [mountCamera(server, '/steady')]
        const mounted = factory?.(fault) ?? new MediaFactory(() => new TestSource())
        server.mounts.add('/cam', mounted)
        server.mounts.add('/broken', new MediaFactory(() => Promise.reject(new Error('no camera'))))
        const viewer = await connectTo(server)
        await play(viewer, urlOf(server, '/steady'), ['TCP'])
        const undo = prepare(server, fault)
        let pushed = 0
        const flow = setInterval(() => {
          pushTo(steady, 0, rtpPacket({ sequenceNumber: ++pushed, marker: true }))
        }, 1)
        try {
          isOn = true
          const stray = await strayErrorsDuring(() => visit(server))
          isOn = false
          expect(stray).toEqual([])
        } finally {
          clearInterval(flow)
          undo?.()
        }
        const last = pushed
        const numbers = () =>
          viewer.frames
            .filter(({ channel }) => channel === 0)
            .map(({ payload }) => sequenceNumberOf(payload))
        await until(() => numbers().length >= last)
        expect(numbers()).toEqual(Array.from({ length: last }, (_, index) => index + 1))
        // What never answers is given up after some seconds.
        let isClosed = false
        void server.close().then(() => {
          isClosed = true
        })
        await until(() => {
          clock.advance(1000)
          return isClosed
        })
      },
    )
  },
)
