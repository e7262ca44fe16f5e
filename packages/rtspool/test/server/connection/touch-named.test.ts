import { expect, it } from 'vitest'
import { RtspHeaders, type RtspRequest } from '../../../src/rtsp/index.js'
import { touchNamed } from '../../../src/server/connection/touch-named.js'
import { SessionPool } from '../../../src/session-pool/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

const requestOf = (session?: string): RtspRequest => ({
  kind: 'request',
  method: 'OPTIONS',
  uri: '*',
  version: '1.0',
  headers: new RtspHeaders(session === undefined ? [] : [['Session', session]]),
  body: Buffer.alloc(0),
})

it('touches the session that a waiting request names, and no other', { tags: 'S-1' }, () => {
  const clock = new ManualClock()
  using pool = new SessionPool({ clock, timeout: 2, extraTimeout: 0 })
  const [named, other] = [pool.create(), pool.create()]
  clock.advance(1500)
  touchNamed([named, other], requestOf(` ${named.id} ;timeout=2`))
  touchNamed([named, other], requestOf())
  touchNamed([named, other], requestOf('unknown'))
  clock.advance(1000)
  expect(pool.cleanup()).toBe(1)
  expect([named.removalReason, other.removalReason]).toEqual([undefined, 'timeout'])
})
