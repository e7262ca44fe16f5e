import { describe, expect, it } from 'vitest'
import { RtspHeaders, type RtspRequest } from '../../../src/rtsp/index.js'
import { resolveAuthOptions, type VerifyContext } from '../../../src/server/auth/auth-options.js'
import {
  areRight,
  type PasswordAuthorization,
  receivedCredentials,
} from '../../../src/server/auth/credentials.js'
import { basicHeader, digestHeader } from '../../support/credentials.js'

const rounds = 1000
const offered = { basic: true, tokens: false }
const uri = 'rtsp://h/priv'
const challenge = { scheme: 'Digest', realm: 'rtspool', nonce: 'n' } as const

const users = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`user${n}`, 'p']))
const options = resolveAuthOptions({ users, basic: 'always' })
const hooked = resolveAuthOptions({
  users: {},
  basic: 'always',
  verify: async ({ user }) => users[user],
})

function request(authorization: string): RtspRequest {
  const headers = new RtspHeaders([['Authorization', authorization]])
  return {
    kind: 'request',
    method: 'DESCRIBE',
    uri,
    version: '1.0',
    headers,
    body: Buffer.alloc(0),
  }
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] as number
}

/** Median times of looking at the credentials, in turns, so that the machine treats both alike. */
async function medians(
  resolved: typeof options,
  headers: readonly [string, string],
): Promise<[number, number]> {
  const requests = headers.map(request)
  const times: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds * 2; round++) {
    for (const which of [0, 1] as const) {
      const start = process.hrtime.bigint()
      const received = receivedCredentials(
        requests[which] as RtspRequest,
        undefined,
        resolved,
        offered,
      )
      if (typeof received === 'string') throw new Error(received)
      const context = ({ username: user }: PasswordAuthorization) => ({ user }) as VerifyContext
      expect(await areRight(received, resolved, 'DESCRIBE', context)).toBe(false)
      // The first half warms up.
      if (round >= rounds) times[which].push(Number(process.hrtime.bigint() - start))
    }
  }
  return [median(times[0]), median(times[1])]
}

const digest = (user: string, algorithm: 'MD5' | 'SHA-256') =>
  digestHeader(challenge, 'DESCRIBE', uri, { user, password: 'x', algorithm })

describe('an unknown user and a wrong password', () => {
  it.each([
    { name: 'Digest MD5', resolved: options, of: (user: string) => digest(user, 'MD5') },
    { name: 'Digest SHA-256', resolved: options, of: (user: string) => digest(user, 'SHA-256') },
    { name: 'Basic', resolved: options, of: (user: string) => basicHeader(user, 'x') },
    { name: 'Digest with a hook', resolved: hooked, of: (user: string) => digest(user, 'MD5') },
    { name: 'Basic with a hook', resolved: hooked, of: (user: string) => basicHeader(user, 'x') },
  ])(
    '$name: medians of 1,000 differ by less than 5 %',
    { tags: ['A-DIG-6', 'B-TIMING'] },
    async ({ resolved, of }) => {
      let difference = Number.POSITIVE_INFINITY
      // A difference in the work shows every time, one of the machine does not.
      for (let attempt = 0; attempt < 5 && difference >= 0.05; attempt++) {
        const [wrong, unknown] = await medians(resolved, [of('user7'), of('nobod')])
        difference = Math.abs(wrong - unknown) / wrong
      }
      expect(difference).toBeLessThan(0.05)
    },
  )
})
