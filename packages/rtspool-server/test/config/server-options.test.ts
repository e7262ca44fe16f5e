import { RtspServer, rtspServerDefaults } from 'rtspool'
import { describe, expect, it } from 'vitest'
import { serverOptionsOf } from '../../src/config/server-options.js'
import { noApiUsers } from '../../src/config/users/api-users.js'
import { loadText } from './config-text.js'

const optionsOf = (text: string) =>
  serverOptionsOf({ ...loadText(text), auth: undefined, apiUsers: noApiUsers }, undefined)

describe('the options of the server', () => {
  it('are all there, apart from those that are code', () => {
    const code = ['clock', 'onUnknownSession', 'onUnknownPath', 'onAnnounce', 'isPeer']
    const names = Object.keys(rtspServerDefaults).filter((name) => !code.includes(name))
    expect(Object.keys(optionsOf('')).sort()).toEqual(names.sort())
  })

  it('have the defaults of the library, but for the limits and the send threads of the command', () => {
    const { clock: _, pool, ...defaults } = rtspServerDefaults
    expect(optionsOf('')).toEqual({
      ...defaults,
      sendThreads: 'auto',
      pool: expect.objectContaining({ ...pool, maxSessions: 1000, maxSessionsPerAddress: 250 }),
    })
  })

  it.each([
    ['rtsp: { host: "[::1]" }', { host: '::1' }],
    ['rtsp: { udpPorts: 20000-20003 }', { udpPorts: [20000, 20003] }],
    ['rtsp: { udpPorts: false }', { udpPorts: false }],
    ['viewers: { gopCache: { enabled: false } }', { gopCache: false }],
    ['overload: { enabled: false }', { overload: false }],
    ['overload: { shedAbove: 0.99 }', { overload: { saveAbove: 0.8, shedAbove: 0.99 } }],
    ['publish: { timeout: 3 }', { publisherTimeout: 3 }],
    ['publish: { slate: away.mp4 }', { publisherSlate: expect.any(Function) }],
    [
      'multicast: { groups: [239.255.12.0/24], ttl: 4 }',
      { multicast: { groups: ['239.255.12.0/24'], ttl: 4, ports: [31000, 31999] } },
    ],
    [
      'bans: { flapping: { enabled: true, sessions: 9 }, exempt: [10.0.0.0/8] }',
      {
        pool: {
          bans: {
            ...{ maxBans: 10_000, exempt: ['10.0.0.0/8'], failedLogins: false },
            flapping: { sessions: 9, windowSeconds: 60, banSeconds: 600, paths: false },
          },
        },
      },
    ],
    ['sessions: { binding: address }', { pool: { sessionBinding: 'address' } }],
  ])('of %s fit the library', (text, expected) => {
    const options = optionsOf(text)
    expect(options).toMatchObject(expected)
    expect(() => new RtspServer(options)).not.toThrow()
  })
})
