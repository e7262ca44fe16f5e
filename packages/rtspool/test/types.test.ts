import { expectTypeOf, test } from 'vitest'
import {
  type AccessAction,
  type AdmissionControl,
  type AdmitAnswer,
  type AdmitHook,
  type GopCacheLimits,
  type GopCacheOptions,
  MediaFactory,
  type MediaSource,
  type parseSdp,
  type RtspAdmitContext,
  type RtspAdmitHook,
  type RtspRequest,
  RtspServer,
  type RtspServerEvents,
  type RtspServerOptions,
  type Session,
  type SessionInit,
  type SessionPool,
  type SessionPoolOptions,
  type SessionRefusal,
  type SessionStats,
  type SessionSummary,
  streamStatsOf,
  type TlsCertificate,
  type TrackOutput,
  type VerifyContext,
} from '../src/index.js'
import { fileMedia } from '../src/media/file/index.js'

declare module '../src/index.js' {
  interface SessionData {
    declaredForTheServer?: string
  }
}

/** Wrong uses, which must not compile; never called. */
export function wrongUse(server: RtspServer, source: MediaSource): void {
  // @ts-expect-error an option that does not exist
  new RtspServer({ prot: 8554 })
  // @ts-expect-error an option of the pool that does not exist
  new RtspServer({ pool: { maxSession: 3 } })
  // @ts-expect-error an option of authentication that does not exist
  new RtspServer({ auth: { users: {}, rule: [] } })
  // @ts-expect-error a source is no function that makes one
  new MediaFactory(source)
  // @ts-expect-error a source is no factory
  server.mounts.add('/x', { description: {}, start() {}, close() {} })
  // @ts-expect-error nothing to play
  fileMedia()
}

test('all types in signatures can be imported', () => {
  expectTypeOf<RtspServerEvents['requestFailed'][1]>().toEqualTypeOf<RtspRequest>()
  expectTypeOf<VerifyContext['request']>().toEqualTypeOf<RtspRequest>()
  expectTypeOf<Session['stats']>().toEqualTypeOf<SessionStats>()
  expectTypeOf<SessionPoolOptions['admission']>().toEqualTypeOf<AdmissionControl | undefined>()
  expectTypeOf<Parameters<RtspServer['pool']['create']>[0]>().toEqualTypeOf<
    SessionInit | undefined
  >()
  expectTypeOf<SessionRefusal['path']>().toEqualTypeOf<string | undefined>()
})

test('one limit of gopCache may be given alone, and a file as URL', () => {
  expectTypeOf<{ maxBytes: number }>().toExtend<GopCacheOptions>()
  expectTypeOf<GopCacheLimits>().toExtend<GopCacheOptions>()
  expectTypeOf<{ gopCache: { maxSeconds: number } }>().toExtend<RtspServerOptions>()
  expectTypeOf<URL>().toExtend<Parameters<typeof fileMedia>[0]>()
})

test('members that an application declares for its sessions are known', { tags: 'U-13' }, () => {
  expectTypeOf<Session['data']['declaredForTheServer']>().toEqualTypeOf<string | undefined>()
  expectTypeOf<{ data: { declaredForTheServer: string } }>().toExtend<SessionInit>()
})

test('the hook of a server always gets path, action, signal and request', { tags: 'U-14' }, () => {
  type Pool = Exclude<RtspServerOptions['pool'], SessionPool | undefined>
  type Shown = Parameters<NonNullable<Pool['onAdmit']>>[0]
  expectTypeOf<Shown>().toEqualTypeOf<RtspAdmitContext>()
  expectTypeOf<Shown['path']>().toEqualTypeOf<string>()
  expectTypeOf<Shown['action']>().toEqualTypeOf<AccessAction>()
  expectTypeOf<Shown['signal']>().toEqualTypeOf<AbortSignal>()
  expectTypeOf<Shown['request']>().toEqualTypeOf<RtspRequest>()
  // A hook for any pool fits the pool of a server; its options are those of a pool.
  expectTypeOf<AdmitHook>().toExtend<RtspAdmitHook>()
  expectTypeOf<SessionPoolOptions>().toExtend<Pool>()
})

test('an incomplete result of onAdmit does not compile', { tags: 'U-2' }, () => {
  expectTypeOf<undefined>().not.toExtend<AdmitAnswer>()
  expectTypeOf<() => void>().not.toExtend<AdmitHook>()
  expectTypeOf<() => Promise<void>>().not.toExtend<AdmitHook>()
  expectTypeOf<{ init: SessionInit }>().toExtend<AdmitAnswer>()
})

test('a source pushes any Uint8Array', { tags: 'U-1' }, () => {
  expectTypeOf<Parameters<TrackOutput['push']>[0]>().toEqualTypeOf<Uint8Array>()
  expectTypeOf<Uint8Array>().toExtend<TlsCertificate['key']>()
  expectTypeOf<Uint8Array>().toExtend<Parameters<typeof parseSdp>[0]>()
})

test('the times of a session can be shown', { tags: 'U-17' }, () => {
  expectTypeOf<Session['createdTime']>().toEqualTypeOf<Date>()
  expectTypeOf<ReturnType<Session['toJSON']>>().toEqualTypeOf<SessionSummary>()
})

test('the pool of a server gives the server the type of its data', { tags: 'U-13' }, () => {
  interface Viewer {
    camera: number
  }
  type Watched = Session<Viewer>
  const make = (pool: SessionPool<Viewer>) => new RtspServer({ pool })
  type Server = ReturnType<typeof make>
  expectTypeOf<Server>().toEqualTypeOf<RtspServer<Viewer>>()
  expectTypeOf<Server['pool']>().toEqualTypeOf<SessionPool<Viewer>>()
  type Events = RtspServerEvents<Viewer>
  expectTypeOf<Events['viewerFellBehind'][0]>().toEqualTypeOf<Watched>()
  expectTypeOf<Events['publishStarted'][1]['session']>().toEqualTypeOf<Watched>()
  expectTypeOf<Events['connectionOpened'][0]['sessions']>().toEqualTypeOf<ReadonlySet<Watched>>()
  expectTypeOf(streamStatsOf).parameter(0).toEqualTypeOf<Session<object>>()
  const listen = (server: Server) =>
    server.on('viewerFellBehind', ({ data }) => expectTypeOf(data).toEqualTypeOf<Partial<Viewer>>())
  expectTypeOf(listen).returns.toEqualTypeOf<Server>()
  // Without a pool of its own, a server has the declared data, or those that it is told to have.
  const plain = () => new RtspServer({ pool: { onAdmit: () => ({ init: { data: {} } }) } })
  expectTypeOf(plain).returns.toEqualTypeOf<RtspServer>()
  const told = () =>
    new RtspServer<Viewer>({ pool: { onAdmit: () => ({ init: { data: { camera: 1 } } }) } })
  expectTypeOf(told).returns.toEqualTypeOf<RtspServer<Viewer>>()
})

test('no class of the inside is on the public face', () => {
  expectTypeOf<MediaFactory>().not.toHaveProperty('construct')
})
