import { describe } from 'vitest'
import { parseSessionHeader } from '../../../src/rtsp/headers/session.js'
import { refusedSessions, sessionCases } from '../header-cases.js'
import { checkCases } from './check-cases.js'

describe('Session', () => {
  checkCases(sessionCases, refusedSessions, parseSessionHeader)
})
