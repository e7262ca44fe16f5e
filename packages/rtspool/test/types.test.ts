import { expectTypeOf, test } from 'vitest'
import {
  type AdmissionControl,
  type GopCacheLimits,
  type GopCacheOptions,
  MediaFactory,
  type MediaSource,
  type RtspRequest,
  RtspServer,
  type RtspServerEvents,
  type RtspServerOptions,
  type Session,
  type SessionInit,
  type SessionPoolOptions,
  type SessionRefusal,
  type SessionStats,
  type VerifyContext,
} from '../src/index.js'
import { fileMedia } from '../src/media/file/index.js'

/** Wrong use, which must not compile; never called. */
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

test('what signatures name can be imported', () => {
  expectTypeOf<RtspServerEvents['requestFailed'][1]>().toEqualTypeOf<RtspRequest>()
  expectTypeOf<VerifyContext['request']>().toEqualTypeOf<RtspRequest>()
  expectTypeOf<Session['stats']>().toEqualTypeOf<SessionStats>()
  expectTypeOf<SessionPoolOptions['admission']>().toEqualTypeOf<AdmissionControl | undefined>()
  expectTypeOf<Parameters<RtspServer['pool']['create']>[0]>().toEqualTypeOf<
    SessionInit | undefined
  >()
  expectTypeOf<SessionRefusal['path']>().toEqualTypeOf<string | undefined>()
})

test('one limit of gopCache may be given alone, and a file by its URL', () => {
  expectTypeOf<{ maxBytes: number }>().toExtend<GopCacheOptions>()
  expectTypeOf<GopCacheLimits>().toExtend<GopCacheOptions>()
  expectTypeOf<{ gopCache: { maxSeconds: number } }>().toExtend<RtspServerOptions>()
  expectTypeOf<URL>().toExtend<Parameters<typeof fileMedia>[0]>()
})
