import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import {
  createMediaDescription,
  MediaFactory,
  RequestError,
  type RtspServer,
  type RtspServerOptions,
  type Session,
} from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { digestChallengeOf, digestHeader } from '../../support/credentials.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import { strayErrorsDuring } from '../../support/stray-errors.js'
import { connectTo, startServer, urlOf } from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'
import { until } from '../../support/until.js'
import { wrongAnswers } from '../../support/wrong-answers.js'

const rules = [{ path: '/*', read: 'authenticated' }] as const
const basic = { Authorization: `Basic ${Buffer.from('ann:secret').toString('base64')}` }
const tcp = { Transport: 'RTP/AVP/TCP;unicast' }

/** Asks for a session, and says who it is. */
const setUp = (client: RtspTestClient, server: RtspServer, headers = {}, track = 0) =>
  client.request('SETUP', urlOf(server, `/cam/trackID=${track}`), {
    headers: { ...tcp, ...headers },
  })

interface Hook {
  /** Options of a server whose hook returns the value. */
  readonly options?: (answer: () => unknown) => RtspServerOptions
  readonly factory?: (answer: () => unknown) => MediaFactory
  readonly ask?: typeof setUp
  /** Beginning of the message in the event `requestFailed`. */
  readonly named: string
  /** Documented values that admit nobody, which are no failure. */
  readonly documented?: readonly unknown[]
  /** Status of a documented refusal. @default 401 */
  readonly refusal?: number
  /** `true` if the hook must not return a promise. */
  readonly isSync?: boolean
}

const hooks: readonly (readonly [name: string, Hook])[] = [
  [
    'onAdmit',
    {
      options: (answer) => ({ pool: { onAdmit: () => answer() as true } }),
      named: 'onAdmit must return',
    },
  ],
  [
    'auth.verify with Basic',
    {
      options: (answer) => ({
        auth: { basic: 'always', rules, verify: () => answer() as string },
      }),
      ask: (client, server) => setUp(client, server, basic),
      named: 'auth.verify must return',
      // Passwords, and not that of this client.
      documented: [undefined, 'yes', 'true'],
    },
  ],
  [
    'auth.verify with Digest',
    {
      options: (answer) => ({ auth: { rules, verify: () => answer() as string } }),
      ask: async (client, server) => {
        const asked = await setUp(client, server)
        const uri = urlOf(server, '/cam/trackID=0')
        const choices = { user: 'ann', password: '' }
        const Authorization = digestHeader(digestChallengeOf(asked), 'SETUP', uri, choices)
        return setUp(client, server, { Authorization })
      },
      named: 'auth.verify must return',
      documented: [undefined, 'yes', 'true'],
    },
  ],
  [
    'a function of a rule',
    {
      options: (answer) => ({
        auth: {
          users: { ann: 'secret' },
          basic: 'always',
          rules: [{ path: '/*', read: () => answer() as boolean }],
        },
      }),
      ask: (client, server) => setUp(client, server, basic),
      named: 'auth.rules: read must return',
    },
  ],
  [
    'admission.tryAcquire',
    {
      options: (answer) => ({
        pool: {
          fullPolicy: 'evictOldestIdle',
          admission: { tryAcquire: () => answer() as undefined, release: () => {} },
        },
      }),
      named: 'admission.tryAcquire must return',
      documented: [undefined],
      isSync: true,
    },
  ],
  [
    'createSessionId',
    {
      options: (answer) => ({ pool: { createSessionId: () => answer() as string } }),
      named: 'createSessionId must return',
      documented: ['yes', 'true'],
      isSync: true,
    },
  ],
  [
    'createSession',
    {
      options: (answer) => ({ pool: { createSession: () => answer() as Session } }),
      named: 'createSession must return',
      isSync: true,
    },
  ],
  [
    'onUnknownSession',
    {
      options: (answer) => ({ onUnknownSession: () => answer() as undefined }),
      ask: (client, server) => setUp(client, server, { Session: 'elsewhere' }),
      named: 'onUnknownSession must return',
      documented: [undefined],
      refusal: 454,
    },
  ],
  [
    'the function that makes a source',
    {
      factory: (answer) => new MediaFactory(() => answer() as never),
      named: 'a media source needs',
    },
  ],
  [
    'sharedKey',
    {
      factory: (answer) =>
        new MediaFactory(() => new TestSource(), { sharedKey: () => answer() as string }),
      named: 'sharedKey must return',
      documented: ['yes', 'true', ''],
      isSync: true,
    },
  ],
  [
    'backChannel.open',
    {
      factory: (answer) =>
        new MediaFactory(() => new TestSource(), {
          backChannel: {
            description: createMediaDescription({
              kind: 'audio',
              payloadType: 0,
              encoding: 'PCMU',
              clockRate: 8000,
            }),
            open: () => answer() as never,
          },
        }),
      ask: (client, server) =>
        setUp(client, server, { Require: 'www.onvif.org/ver20/backchannel' }, 2),
      named: 'backChannel.open must return',
      isSync: true,
    },
  ],
]

const ways: readonly (readonly [name: string, (answer: unknown) => unknown])[] = [
  ['at once', (answer) => answer],
  ['later', (answer) => Promise.resolve(answer)],
]

describe.each(hooks)(
  'no answer but those documented admits: %s',
  { tags: 'U-2' },
  (_name, hook) => {
    const { options, factory, ask = setUp, named, documented = [], isSync = false } = hook
    const { refusal = 401 } = hook

    it.each(ways)('%s', async (way, wrap) => {
      let answer: unknown
      const server = await startServer({
        clock: new ManualClock(),
        ...options?.(() => wrap(answer)),
      })
      const mounted = factory?.(() => wrap(answer))
      server.mounts.add('/cam', mounted ?? new MediaFactory(() => new TestSource()))
      const client = await connectTo(server)
      for (const [shape, wrong] of wrongAnswers) {
        if (!(isSync && way === 'later') && documented.includes(wrong)) continue
        answer = wrong
        const failed = once(server, 'requestFailed')
        const { statusCode } = await ask(client, server)
        expect(`${shape} ${statusCode}`).toMatch(/ (500|503)$/)
        const [error] = (await failed) as [Error]
        expect(`${error.message} ${(error.cause as Error | undefined)?.message}`).toContain(named)
        expect(server.pool.size).toBe(0)
      }
    })

    it('documented refusals refuse, and are no failure', async () => {
      for (const answer of documented) {
        if (isSync) continue
        const clock = new ManualClock()
        const server = await startServer({ clock, ...options?.(() => answer) })
        server.mounts.add('/cam', new MediaFactory(() => new TestSource()))
        let failures = 0
        server.on('requestFailed', () => failures++)
        const client = await connectTo(server)
        let status = 0
        ask(client, server).then(
          ({ statusCode }) => {
            status = statusCode
          },
          () => {},
        )
        // A wrong password is answered late.
        await until(() => {
          clock.advance(1000)
          return status > 0
        })
        expect([status, failures, server.pool.size]).toEqual([refusal, 0, 0])
        server.removeAllListeners()
      }
    })
  },
)

describe('a refusal that cannot be written', () => {
  it.each([
    ['at once', (refuse: () => never) => refuse],
    ['later', (refuse: () => never) => async () => refuse()],
  ])('ends its own connection, and is told: %s', async (_name, wrap) => {
    const server = await startServer()
    const location = 'rtsp://other.example/\r\ncam'
    const refuse = (): never => {
      throw new RequestError('ERR_REDIRECTED', 'moved', { context: { location } })
    }
    server.mounts.add('/moved', new MediaFactory(wrap(refuse)))
    server.mounts.add('/cam', new MediaFactory(() => new TestSource()))
    const neighbour = await connectTo(server)
    const client = await connectTo(server)
    const stray = await strayErrorsDuring(async () => {
      const failed = once(server, 'requestFailed')
      client.request('DESCRIBE', urlOf(server, '/moved')).catch(() => {})
      await client.closed()
      expect(((await failed) as [Error])[0].message).toContain('Location')
    })
    expect(stray).toEqual([])
    expect((await neighbour.request('DESCRIBE', urlOf(server, '/cam'))).statusCode).toBe(200)
  })
})
