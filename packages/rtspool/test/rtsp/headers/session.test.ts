import { describe, expect, it } from 'vitest'
import { parseSessionHeader, serializeSessionHeader } from '../../../src/rtsp/headers/session.js'
import { refusedSessions, sessionCases } from '../header-cases.js'
import { checkCases } from './check-cases.js'

describe('Session', () => {
  checkCases(sessionCases, refusedSessions, parseSessionHeader, serializeSessionHeader)

  it('an id or a timeout that cannot be sent is misuse', () => {
    expect(() => serializeSessionHeader({ id: 'a;b' })).toThrow(TypeError)
    expect(() => serializeSessionHeader({ id: 'a'.repeat(129) })).toThrow(TypeError)
    expect(() => serializeSessionHeader({ id: 'a', timeout: 0.5 })).toThrow(RangeError)
  })
})
