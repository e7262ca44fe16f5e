import type { SessionState } from '../../session-pool/index.js'

/** The methods that this server supports, as listed in `Public` (RFC 2326 section 12.28). */
export const publicMethods = Object.freeze([
  'OPTIONS',
  'DESCRIBE',
  'ANNOUNCE',
  'SETUP',
  'PLAY',
  'PAUSE',
  'RECORD',
  'TEARDOWN',
  'GET_PARAMETER',
  'SET_PARAMETER',
] as const)

export type PublicMethod = (typeof publicMethods)[number]

export const isPublicMethod = (method: string): method is PublicMethod =>
  (publicMethods as readonly string[]).includes(method)

const publicMethodsWithout = (...left: readonly PublicMethod[]): readonly PublicMethod[] =>
  Object.freeze(publicMethods.filter((method) => !left.includes(method)))

/** Methods for a path that clients may play but not record to. */
export const playMethods = publicMethodsWithout('ANNOUNCE', 'RECORD')
export const recordMethods = publicMethodsWithout('DESCRIBE', 'PLAY')

const always = ['OPTIONS', 'DESCRIBE', 'TEARDOWN', 'GET_PARAMETER', 'SET_PARAMETER'] as const

/** The methods that are valid in each state of a session (RFC 2326 A.2). */
const validMethods: Readonly<Record<SessionState, readonly PublicMethod[]>> = Object.freeze({
  Init: [...always, 'ANNOUNCE', 'SETUP'],
  Ready: [...always, 'SETUP', 'PLAY', 'RECORD', 'PAUSE'],
  // Tracks are set up before they play: a SETUP that changes the transport would cause a gap.
  Playing: [...always, 'PLAY', 'PAUSE'],
  Recording: [...always, 'RECORD', 'PAUSE'],
})

export const isValidInState = (method: PublicMethod, state: SessionState): boolean =>
  validMethods[state].includes(method)

/** Returns the methods for the `Allow` header of a 455 (RFC 2326 section 11.3.6). */
export const methodsValidIn = (state: SessionState): readonly PublicMethod[] => validMethods[state]
