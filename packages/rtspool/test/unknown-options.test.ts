import { describe, expect, it } from 'vitest'
import {
  authDefaults,
  createMediaDescription,
  createSessionDescription,
  MediaFactory,
  MulticastAddressPool,
  mediaFactoryDefaults,
  multicastDefaults,
  RtspServer,
  rtspServerDefaults,
  SessionPool,
  tlsDefaults,
} from '../src/index.js'
import { fileMedia } from '../src/media/file/index.js'
import { gopCacheDefaults } from '../src/media/track/gop-cache-options.js'
import { sessionPoolDefaults } from '../src/session-pool/index.js'
import { testSessionPool } from '../src/testing/index.js'
import { testCertificate } from './support/test-server.js'

type Options = Record<string, unknown>

const namesOf = (...defaults: object[]): string[] => defaults.flatMap((each) => Object.keys(each))

const limits = ['maxSessions', 'maxSessionsPerAddress', 'maxSessionsPerUser', 'maxSessionsPerPath']
const users = { ann: 'secret' }
const ann = { address: '192.0.2.1', user: 'ann' }
const description = createMediaDescription({
  kind: 'audio',
  payloadType: 0,
  encoding: 'PCMU',
  clockRate: 8000,
})
const backChannel = { description, open: () => ({ packet() {}, close() {} }) }
const factory = (options: Options): MediaFactory =>
  new MediaFactory(() => undefined as never, options)
const server = (options: Options): RtspServer => new RtspServer(options)
const init = ['owner', 'timeout', 'maxLifetime', 'maxIdleSetup', 'expiresAt', 'path', 'data']

/** Functions that accept options: their names, and a call to which a mistake is added. */
const places: readonly (readonly [
  name: string,
  names: readonly string[],
  call: (wrong: Options) => unknown,
])[] = [
  ['RtspServer', namesOf(rtspServerDefaults), (wrong) => server(wrong)],
  ['pool of RtspServer', namesOf(sessionPoolDefaults), (pool) => server({ pool })],
  [
    'auth',
    ['users', 'verify', ...namesOf(authDefaults)],
    (wrong) => server({ auth: { users, ...wrong } }),
  ],
  [
    'a rule',
    ['path', 'read', 'publish'],
    (wrong) => server({ auth: { users, rules: [{ path: '/*', ...wrong }] } }),
  ],
  [
    'a user',
    ['ha1'],
    (wrong) => server({ auth: { users: { ann: { ha1: { MD5: '0'.repeat(32) }, ...wrong } } } }),
  ],
  [
    'ha1 of a user',
    ['SHA-256', 'MD5'],
    (wrong) => server({ auth: { users: { ann: { ha1: { MD5: '0'.repeat(32), ...wrong } } } } }),
  ],
  [
    'tls',
    ['key', 'cert', ...namesOf(tlsDefaults)],
    (wrong) => server({ tls: { ...testCertificate('first'), ...wrong } }),
  ],
  [
    'reloadCertificate',
    ['key', 'cert'],
    (wrong) =>
      server({ tls: testCertificate('first') }).reloadCertificate({
        ...testCertificate('first'),
        ...wrong,
      }),
  ],
  ['gopCache of RtspServer', namesOf(gopCacheDefaults), (gopCache) => server({ gopCache })],
  [
    'multicast of RtspServer',
    ['groups', ...namesOf(multicastDefaults)],
    (wrong) => server({ multicast: { groups: '239.255.12.0/24', ...wrong } }),
  ],
  [
    'MulticastAddressPool',
    ['groups', ...namesOf(multicastDefaults)],
    (wrong) => new MulticastAddressPool({ groups: '239.255.12.0/24', ...wrong }),
  ],
  ['MediaFactory', namesOf(mediaFactoryDefaults), (wrong) => factory(wrong)],
  ['gopCache of MediaFactory', namesOf(gopCacheDefaults), (gopCache) => factory({ gopCache })],
  [
    'backChannel',
    ['description', 'open', 'maxClients'],
    (wrong) => factory({ backChannel: { ...backChannel, ...wrong } }),
  ],
  ['fileMedia', ['loop', 'shared', 'lingerSeconds'], (wrong) => fileMedia('x.mp4', wrong)],
  [
    'SessionPool',
    [
      ...namesOf(sessionPoolDefaults),
      'onAdmit',
      'admission',
      'clock',
      'idCodec',
      'createSessionId',
    ],
    (wrong) => new SessionPool(wrong),
  ],
  [
    'setLimits',
    [...limits, 'maxIdleSetup', 'maxLifetime'],
    (wrong) => new SessionPool().setLimits(wrong),
  ],
  ['create', [...init, ...limits.slice(1)], (wrong) => new SessionPool().create(wrong)],
  [
    'owner of create',
    ['address', 'user', 'connection'],
    (wrong) => new SessionPool().create({ owner: { ...ann, ...wrong } }),
  ],
  [
    'admit',
    ['owner', 'path', 'action', 'expiresAt', 'signal', 'request'],
    (wrong) => new SessionPool().admit({ owner: ann, ...wrong }),
  ],
  [
    'init of onAdmit',
    [...init, ...limits.slice(1)],
    (wrong) => new SessionPool({ onAdmit: () => ({ init: wrong }) }).admit({ owner: ann }),
  ],
  ['count', ['user', 'address', 'path'], (wrong) => new SessionPool().count(wrong as never)],
  [
    'list',
    ['cursor', 'limit', 'path', 'user', 'address', 'state'],
    (wrong) => new SessionPool().list(wrong),
  ],
  ['createWatch', ['signal', 'ref'], (wrong) => new SessionPool().createWatch(undefined, wrong)],
  ['startCleanup', ['signal', 'ref'], (wrong) => new SessionPool().startCleanup(wrong)],
  [
    'createMediaDescription',
    ['kind', 'payloadType', 'encoding', 'clockRate', 'channels', 'fmtp', 'bandwidthKbps'],
    (wrong) =>
      createMediaDescription({
        ...{ kind: 'audio', payloadType: 0, encoding: 'PCMU', clockRate: 8000 },
        ...wrong,
      } as never),
  ],
  [
    'createSessionDescription',
    ['originId', 'originVersion', 'address', 'originAddress', 'name', 'range', 'tool', 'control'],
    (wrong) => createSessionDescription({ originId: 1, address: '::', name: 'x', ...wrong }),
  ],
  [
    'testSessionPool',
    ['test', 'createPool'],
    (wrong) => testSessionPool({ test: () => {}, createPool: () => new SessionPool(), ...wrong }),
  ],
]

/** Typing mistakes in a name. */
const slips: readonly ((name: string) => string)[] = [
  (name) => `${name}s`,
  (name) => name.slice(0, -1),
  (name) => name.slice(1),
  (name) => (name.at(0) ?? '') + name,
  (name) => name.slice(0, 1) + name.slice(2, 3) + name.slice(1, 2) + name.slice(3),
  (name) => name.toUpperCase(),
  (name) => name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`),
]

describe.each(places)('%s', { tags: 'U-6' }, (_name, names, call) => {
  const messageOf = async (wrong: Options): Promise<string> => {
    try {
      await call(wrong)
      return 'nothing'
    } catch (error) {
      expect((error as Error).constructor.name).toMatch(/^(TypeError|SessionPoolError)$/)
      return (error as Error).message
    }
  }

  it('refuses a mistyped name, and suggests the right one', { tags: 'generator' }, async () => {
    for (const name of names) {
      for (const slip of slips) {
        const wrong = slip(name)
        if (names.includes(wrong)) continue
        const message = await messageOf({ [wrong]: 'a secret value' })
        expect(message).toContain(`has no option '${wrong}': `)
        expect(message).not.toContain('secret')
        // Short names have too many neighbours.
        if (name.length > 4) expect(message).toMatch(/did you mean '\w/)
      }
    }
  })

  it('refuses a name that resembles none, and lists the known ones', async () => {
    for (const wrong of [
      'maxSessionsPerIp2',
      '__proto',
      'zzzzzzzzzz',
      'constructor',
      'toString',
      '',
    ]) {
      const message = await messageOf({ [wrong]: 1 })
      expect(message).toContain(`has no option '${wrong}': `)
    }
  })

  it('ignores members that are undefined', async () => {
    expect(await messageOf({ zzzzzzzzzz: undefined })).not.toContain('has no option')
  })
})

it('an unknown limit changes none', { tags: 'U-6' }, () => {
  const pool = new SessionPool({ maxSessions: 5 })
  const before = pool.limits
  expect(() => pool.setLimits({ maxSessions: 1, maxSessionsPerIp: 1 } as never)).toThrow(
    "setLimits has no option 'maxSessionsPerIp': there are maxSessions, maxSessionsPerAddress, ",
  )
  for (const wrong of [null, undefined, 5, 'maxSessions', [], new Map()]) {
    expect(() => pool.setLimits(wrong as never)).toThrow(
      'the options of setLimits must be an object',
    )
  }
  expect(pool.limits).toBe(before)
})

describe('invalid owners', () => {
  it.each([
    ['192.0.2.1', 'owner must be an object such as { address, user }, got string'],
    [{}, 'owner.address must be a string, got undefined'],
    [{ address: '' }, 'owner.address must be a string, got string'],
    [{ address: 7 }, 'owner.address must be a string, got 7'],
    [{ address: 'a', user: 7 }, 'owner.user must be a string, got 7'],
    [{ address: 'a', user: null }, 'owner.user must be a string, got null'],
    [{ address: 'a', connection: 'c' }, 'owner.connection must be an object, got string'],
    [['192.0.2.1'], 'owner must be an object such as { address, user }, got Array'],
    [null, 'owner must be an object such as { address, user }, got null'],
  ])('an owner of the wrong type is refused: %j', async (owner, message) => {
    const pool = new SessionPool()
    expect(() => pool.create({ owner: owner as never })).toThrow(new TypeError(message))
    await expect(pool.admit({ owner: owner as never })).rejects.toThrow(new TypeError(message))
    expect(pool.stats()).toMatchObject({ size: 0, created: 0 })
  })
})
