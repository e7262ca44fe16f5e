import assert from 'node:assert/strict'
import type {
  AdmissionControl,
  AdmissionRequest,
} from '../../session-pool/admission/admission-control.js'
import type { Session } from '../../session-pool/session.js'
import { type ConformanceTest, refusedBy, withCode } from './suite.js'
import { ann } from './test-owners.js'

/** Conformance tests of the hook and of the control of the application that admit sessions. */
export const admissionTests: readonly ConformanceTest[] = [
  [
    'onAdmit: without a hook everybody is admitted',
    async ({ create }) => {
      const pool = create()
      const init = await pool.admit({ owner: ann, path: '/cam' })
      const session = pool.create(init)
      assert.equal(session.owner, ann)
      assert.equal(pool.count({ path: '/cam' }), 1)
    },
  ],
  [
    'onAdmit: sync or async, admits, refuses with a status, or returns properties of the session',
    async ({ create }) => {
      const answers: Record<string, () => unknown> = {
        '/true': () => true,
        '/later': async () => true,
        '/init': async () => ({ init: { timeout: 7 } }),
        '/false': () => false,
        '/453': async () => ({ statusCode: 453, message: 'not enough' }),
        '/throws': () => {
          throw new Error('broken')
        },
      }
      const pool = create({ onAdmit: (context) => answers[context.path ?? '']?.() as boolean })
      for (const path of ['/true', '/later', '/init']) {
        const session = pool.create(await pool.admit({ owner: ann, path }))
        assert.equal(session.timeout, path === '/init' ? 7 : 60)
      }
      for (const [path, statusCode] of [
        ['/false', 403],
        ['/453', 453],
        ['/throws', 503],
      ] as const) {
        await assert.rejects(
          pool.admit({ owner: ann, path }),
          (error: unknown) =>
            withCode('ERR_SESSION_NOT_ADMITTED')(error) &&
            (error as { statusCode: number }).statusCode === statusCode,
        )
      }
      assert.equal(pool.stats().refused.onAdmit, 3)
      assert.equal(pool.size, 3)
    },
  ],
  [
    'onAdmit: is not called when a limit is already reached',
    async ({ create }) => {
      let asked = 0
      const pool = create({ maxSessions: 1, onAdmit: () => asked++ === 0 })
      pool.create()
      await assert.rejects(pool.admit({ owner: ann }), withCode('ERR_SESSION_POOL_FULL'))
      assert.equal(asked, 0)
    },
  ],
  [
    'AdmissionControl: admits and refuses; release is called once for each session',
    ({ create }) => {
      const requests: AdmissionRequest[] = []
      const held = new Set<Session>()
      let credits = 2
      const admission: AdmissionControl = {
        tryAcquire(request) {
          requests.push(request)
          if (request.kind === 'path') return undefined
          if (credits === 0) return 'admissionControl'
          credits--
          held.add(request.session)
          return undefined
        },
        release(session) {
          assert.ok(held.delete(session))
          credits++
        },
      }
      const pool = create({ admission, maxSessions: 1 })
      const first = pool.create({ owner: ann, path: '/cam' })
      pool.create()
      const refused = refusedBy('admissionControl', 'ERR_SESSION_POOL_FULL')
      assert.throws(() => pool.create(), refused)
      assert.equal(pool.size, 2)
      assert.equal(requests[0]?.owner, ann)
      assert.equal(requests[0]?.path, '/cam')
      assert.equal(requests[1]?.counts.sessions, 1)
      assert.equal(requests[0]?.limits.maxSessions, 1)
      first.end()
      pool.create()
      pool.close()
      assert.equal(held.size, 0)
      assert.equal(credits, 2)
    },
  ],
]
