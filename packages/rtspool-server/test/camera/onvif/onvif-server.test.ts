import { describe, expect, it } from 'vitest'
import { basicHeader, digestHeader } from '../../../../rtspool/test/support/credentials.js'
import { nextTurn, until } from '../../../../rtspool/test/support/until.js'
import { childrenOf, elementAt, textAt } from '../../../src/xml/xml.js'
import { OnvifScene, picture, tokenHeader, user } from './onvif-scene.js'

const device = '/onvif/device_service'
const media = '/onvif/media_service'
const events = '/onvif/event_service'
const login = { user: user.name, password: user.password }

/** Returns the code of a fault. */
const codeOf = ({ root }: { readonly root: Parameters<typeof textAt>[0] }) =>
  textAt(root, 'Body', 'Fault', 'Code', 'Subcode', 'Value')

describe('device service', () => {
  it('tells its time, which is that of the clock', async () => {
    const { root } = await (await OnvifScene.start()).call(device, 'tds:GetSystemDateAndTime')
    const path = ['Body', 'GetSystemDateAndTimeResponse', 'SystemDateAndTime', 'UTCDateTime']
    expect(textAt(root, ...path, 'Date', 'Year')).toBe('2026')
    expect(textAt(root, ...path, 'Time', 'Hour')).toBe('0')
  })

  it('has a version and a serial number', async () => {
    const { root } = await (await OnvifScene.start()).call(device, 'tds:GetDeviceInformation')
    const path = ['Body', 'GetDeviceInformationResponse']
    expect(textAt(root, ...path, 'FirmwareVersion')).toBe('1.2.3')
    expect(textAt(root, ...path, 'SerialNumber')).toBe('uuid')
  })

  it.each(['?loss=1&quirk=19', ''])('gives all services the query %j of its URL', async (query) => {
    const scene = await OnvifScene.start()
    const { root } = await scene.call(device + query, 'tds:GetServices')
    const response = elementAt(root, 'Body', 'GetServicesResponse')
    const urls = response && childrenOf(response).map((service) => textAt(service, 'XAddr'))
    const expected = [device, media, events].map((path) => scene.origin + path + query)
    expect(urls).toEqual(expected)
    const { root: other } = await scene.call(device + query, 'tds:GetCapabilities')
    const path = ['Body', 'GetCapabilitiesResponse', 'Capabilities']
    expect(textAt(other, ...path, 'Media', 'XAddr')).toBe(expected[1])
    expect(textAt(other, ...path, 'Events', 'WSPullPointSupport')).toBe('true')
  })

  it.each(['tds:GetScopes', 'tds:GetHostname', 'tds:GetServiceCapabilities'])(
    'answers %s',
    async (operation) => {
      const { status } = await (await OnvifScene.start()).call(device, operation)
      expect(status).toBe(200)
    },
  )

  it('refuses an operation that it does not have', async () => {
    const answer = await (await OnvifScene.start()).call(device, 'tds:SystemReboot')
    expect([answer.status, codeOf(answer)]).toEqual([500, 'ter:ActionNotSupported'])
  })

  it('refuses a path that is no service', async () => {
    const answer = await (await OnvifScene.start()).call('/onvif/other', 'tds:GetScopes')
    expect([answer.status, codeOf(answer)]).toEqual([400, 'ter:InvalidArgVal'])
  })

  it('refuses a fault that does not exist, with its name', async () => {
    const scene = await OnvifScene.start()
    const response = await fetch(`${scene.origin}${device}?los=1`, { method: 'POST', body: '' })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('got "los"; did you mean loss?')
  })

  it('refuses a body that is too long', async () => {
    const scene = await OnvifScene.start()
    const answer = await scene.call(device, 'tds:GetScopes', { parameters: 'x'.repeat(70_000) })
    expect([answer.status, codeOf(answer)]).toEqual([400, 'ter:InvalidArgVal'])
  })
})

describe('media service', () => {
  it('has a profile and a source for each video', async () => {
    const scene = await OnvifScene.start()
    const { root } = await scene.call(media, 'trt:GetProfiles')
    const response = elementAt(root, 'Body', 'GetProfilesResponse')
    const profiles = response ? childrenOf(response) : []
    expect(profiles.map((each) => each.getAttribute('token'))).toEqual(['test', 'file'])
    const size = ['VideoEncoderConfiguration', 'Resolution', 'Width']
    expect(profiles[0] && textAt(profiles[0], ...size)).toBe('640')
    const sources = await scene.call(media, 'trt:GetVideoSources')
    const found = elementAt(sources.root, 'Body', 'GetVideoSourcesResponse')
    expect(found && childrenOf(found)).toHaveLength(2)
  })

  it('gives the URL of the stream and of the picture, with the faults of its own URL', async () => {
    const scene = await OnvifScene.start()
    const url = `${media}?loss=1&quirk=19`
    const parameters = '<ProfileToken>file</ProfileToken>'
    const stream = await scene.call(url, 'trt:GetStreamUri', { parameters })
    expect(textAt(stream.root, 'Body', 'GetStreamUriResponse', 'MediaUri', 'Uri')).toBe(
      'rtsp://127.0.0.1:8554/file?loss=1&quirk=19',
    )
    const snapshot = await scene.call(url, 'trt:GetSnapshotUri', { parameters })
    expect(textAt(snapshot.root, 'Body', 'GetSnapshotUriResponse', 'MediaUri', 'Uri')).toBe(
      `${scene.origin}/onvif/snapshot/file?loss=1&quirk=19`,
    )
  })

  it.each([
    ['<ProfileToken>other</ProfileToken>', 'expected one of the profiles test, file, got other'],
    ['', 'got undefined'],
    [
      '<ProfileToken>test</ProfileToken><StreamSetup><Stream>RTP-Multicast</Stream></StreamSetup>',
      'got RTP-Multicast by RTSP',
    ],
    [
      '<ProfileToken>test</ProfileToken><StreamSetup><Transport><Protocol>HTTP</Protocol></Transport></StreamSetup>',
      'got RTP-Unicast by HTTP',
    ],
  ])('refuses a stream with %j', async (parameters, reason) => {
    const answer = await (await OnvifScene.start()).call(media, 'trt:GetStreamUri', { parameters })
    expect(answer.status).toBe(400)
    expect(textAt(answer.root, 'Body', 'Fault', 'Reason', 'Text')).toContain(reason)
  })
})

describe('snapshot', () => {
  it('is a picture of the camera that its URL names', async () => {
    const scene = await OnvifScene.start()
    const response = await fetch(`${scene.origin}/onvif/snapshot/test?loss=1`)
    expect(response.headers.get('Content-Type')).toBe('image/jpeg')
    expect(Buffer.from(await response.arrayBuffer())).toEqual(picture)
    expect(scene.taken).toEqual(['/test?loss=1'])
  })

  it('is missing for another path, and unavailable without a key frame', async () => {
    const scene = await OnvifScene.start()
    expect((await fetch(`${scene.origin}/onvif/snapshot/other`)).status).toBe(404)
    scene.failure = new Error('no key frame')
    const response = await fetch(`${scene.origin}/onvif/snapshot/test`)
    expect([response.status, await response.text()]).toEqual([503, 'no key frame\n'])
  })

  it('needs the login that the camera asks for', async () => {
    const scene = await OnvifScene.start()
    const target = '/onvif/snapshot/test?auth=basic'
    const refused = await fetch(scene.origin + target)
    expect([refused.status, refused.headers.get('WWW-Authenticate')]).toEqual([
      ...[401, 'Basic realm="rtspool camera"'],
    ])
    const tryPassword = async (password: string): Promise<number> => {
      const headers = { Authorization: basicHeader(user.name, password) }
      return (await fetch(scene.origin + target, { headers })).status
    }
    expect(await tryPassword('camera')).toBe(200)
    expect(await tryPassword('other')).toBe(401)
  })
})

describe('event service', () => {
  async function subscribed(query = '') {
    const scene = await OnvifScene.start()
    const { root } = await scene.call(events + query, 'tev:CreatePullPointSubscription')
    const path = ['Body', 'CreatePullPointSubscriptionResponse']
    const url = textAt(root, ...path, 'SubscriptionReference', 'Address') ?? ''
    const ends = textAt(root, ...path, 'TerminationTime') ?? ''
    return { scene, url, ends }
  }

  const limits = '<Timeout>PT20S</Timeout><MessageLimit>10</MessageLimit>'

  it('lists the topic of motion', async () => {
    const { root } = await (await OnvifScene.start()).call(events, 'tev:GetEventProperties')
    const path = ['Body', 'GetEventPropertiesResponse', 'TopicSet', 'VideoSource', 'MotionAlarm']
    expect(elementAt(root, ...path)).toBeDefined()
  })

  it('tells the state, and then motion when it begins', async () => {
    const { scene, url } = await subscribed('?motion=2@3')
    const states: (string | null | undefined)[] = []
    const pull = async (): Promise<void> => {
      const { root } = await scene.call(url, 'tev:PullMessages', { parameters: limits })
      const path = ['NotificationMessage', 'Message', 'Message', 'Data', 'SimpleItem']
      const data = elementAt(root, 'Body', 'PullMessagesResponse', ...path)
      states.push(data?.getAttribute('Value'))
    }
    await pull()
    const second = pull()
    await until(() => scene.clock.pendingTimers > 0)
    scene.clock.advance(3000)
    await second
    expect(states).toEqual(['false', 'true'])
  })

  it('tells nothing of a camera that is muted', async () => {
    const { scene, url } = await subscribed('?quirk=18')
    const { status, root } = await scene.call(url, 'tev:PullMessages', { parameters: limits })
    expect(status).toBe(200)
    expect(elementAt(root, 'Body', 'PullMessagesResponse', 'NotificationMessage')).toBeUndefined()
  })

  it('ends a subscription after a minute, unless it is renewed, and when it is given back', async () => {
    const { scene, url, ends } = await subscribed()
    expect(Date.parse(ends) - scene.clock.unixTimeMs()).toBe(60_000)
    scene.clock.advance(59_000)
    const parameters = '<TerminationTime>PT2M</TerminationTime>'
    expect((await scene.call(url, 'wsnt:Renew', { parameters })).status).toBe(200)
    scene.clock.advance(119_000)
    expect((await scene.call(url, 'tev:SetSynchronizationPoint')).status).toBe(200)
    expect((await scene.call(url, 'wsnt:Unsubscribe')).status).toBe(200)
    const gone = await scene.call(url, 'tev:PullMessages', { parameters: limits })
    expect([gone.status, codeOf(gone)]).toEqual([400, 'ter:InvalidArgVal'])
  })

  it.each([
    ['PT20S', 20_000],
    ['2026-01-01T00:00:20Z', 5000],
  ])(
    'prolongs a subscription of %s at each pull only if that is no point in time',
    async (time, leftMs) => {
      const scene = await OnvifScene.start()
      const parameters = `<InitialTerminationTime>${time}</InitialTerminationTime>`
      const created = await scene.call(events, 'tev:CreatePullPointSubscription', { parameters })
      const path = [
        'Body',
        'CreatePullPointSubscriptionResponse',
        'SubscriptionReference',
        'Address',
      ]
      const url = textAt(created.root, ...path) ?? ''
      scene.clock.advance(15_000)
      const { root } = await scene.call(url, 'tev:PullMessages', { parameters: limits })
      const ends = textAt(root, 'Body', 'PullMessagesResponse', 'TerminationTime') ?? ''
      expect(Date.parse(ends) - scene.clock.unixTimeMs()).toBe(leftMs)
    },
  )

  it.each([
    ['tev:PullMessages', '<Timeout>1 s</Timeout><MessageLimit>1</MessageLimit>'],
    ['tev:PullMessages', '<Timeout>PT1S</Timeout><MessageLimit>0</MessageLimit>'],
    ['wsnt:Renew', '<TerminationTime>soon</TerminationTime>'],
    ['wsnt:Renew', '<TerminationTime>1999-01-01T00:00:00Z</TerminationTime>'],
  ])('refuses %s with %s', async (operation, parameters) => {
    const { scene, url } = await subscribed()
    const answer = await scene.call(url, operation, { parameters })
    expect([answer.status, codeOf(answer)]).toEqual([400, 'ter:InvalidArgVal'])
  })

  it('has a limit on subscriptions', async () => {
    const scene = await OnvifScene.start()
    const create = () => scene.call(events, 'tev:CreatePullPointSubscription')
    for (let at = 0; at < 20; at++) expect((await create()).status).toBe(200)
    const refused = await create()
    expect([refused.status, codeOf(refused)]).toEqual([500, 'ter:Action'])
  })

  it('forgets the wait of a client that has left', async () => {
    const { scene, url } = await subscribed()
    await scene.call(url, 'tev:PullMessages', { parameters: limits })
    const left = new AbortController()
    const body = `<Envelope><Body><PullMessages xmlns="http://www.onvif.org/ver10/events/wsdl">${limits}</PullMessages></Body></Envelope>`
    const pulled = fetch(url, { method: 'POST', body, signal: left.signal }).catch(() => 'left')
    await until(() => scene.clock.pendingTimers > 0)
    left.abort()
    expect(await pulled).toBe('left')
    await until(() => scene.clock.pendingTimers === 0)
  })
})

describe('login to the services', () => {
  it('is not needed for the time and the list of services', async () => {
    const scene = await OnvifScene.start()
    for (const operation of ['tds:GetSystemDateAndTime', 'tds:GetServices']) {
      expect((await scene.call(`${device}?auth=digest`, operation)).status).toBe(200)
    }
  })

  it('asks for Digest with both algorithms', async () => {
    const scene = await OnvifScene.start()
    const { status, challenges } = await scene.call(`${device}?auth=digest`, 'tds:GetScopes')
    expect(status).toBe(401)
    expect(challenges).toMatch(/^Digest .*algorithm=MD5, Digest .*algorithm=SHA-256$/)
  })

  it('accepts a token once', async () => {
    const scene = await OnvifScene.start()
    const header = tokenHeader(new Date(scene.clock.unixTimeMs()))
    const call = () => scene.call(`${device}?auth=digest`, 'tds:GetScopes', { header })
    expect((await call()).status).toBe(200)
    const again = await call()
    expect([again.status, codeOf(again)]).toEqual([400, 'ter:NotAuthorized'])
  })

  it('accepts a token once in any spelling of its nonce', async () => {
    const scene = await OnvifScene.start()
    const header = tokenHeader(new Date(scene.clock.unixTimeMs()))
    const spelled = header.replace(/<Nonce>(.{4})(.*?)=*</, '<Nonce>$1\n$2<')
    expect(spelled).not.toBe(header)
    const statuses: number[] = []
    for (const each of [header, spelled]) {
      const call = scene.call(`${device}?auth=digest`, 'tds:GetScopes', { header: each })
      statuses.push((await call).status)
    }
    expect(statuses).toEqual([200, 400])
  })

  it('refuses a token with an empty nonce', async () => {
    const scene = await OnvifScene.start()
    const header = tokenHeader(new Date(scene.clock.unixTimeMs()), user.password, '')
    const answer = await scene.call(`${device}?auth=digest`, 'tds:GetScopes', { header })
    expect([answer.status, codeOf(answer)]).toEqual([400, 'ter:NotAuthorized'])
  })

  it.each([
    ['a wrong password', 0, 'other'],
    ['a clock that is 6 minutes late', -360_000, 'camera'],
    ['a clock that is 6 minutes early', 360_000, 'camera'],
  ])('refuses a token with %s', async (_, shiftMs, password) => {
    const scene = await OnvifScene.start()
    const header = tokenHeader(new Date(scene.clock.unixTimeMs() + shiftMs), password)
    const answer = await scene.call(`${device}?auth=digest`, 'tds:GetScopes', { header })
    expect([answer.status, codeOf(answer)]).toEqual([400, 'ter:NotAuthorized'])
  })

  it.each(['MD5', 'SHA-256'] as const)('accepts Digest with %s', async (algorithm) => {
    const scene = await OnvifScene.start()
    const target = `${device}?auth=digest-${algorithm.replace('-', '').toLowerCase()}`
    const { challenges } = await scene.call(target, 'tds:GetScopes')
    const [, realm = '', nonce = ''] = /realm="(.*?)", nonce="(.*?)"/.exec(challenges ?? '') ?? []
    const challenge = { scheme: 'Digest', realm, nonce, algorithm, qop: ['auth'] } as const
    const tryWith = async (password: string, uri = target) => {
      const choices = { ...login, password, algorithm, qop: true, uri }
      const headers = { Authorization: digestHeader(challenge as never, 'POST', target, choices) }
      const answer = await scene.call(target, 'tds:GetScopes', { headers })
      return [answer.status, answer.challenges?.includes(', stale=true,') ?? false]
    }
    expect(await tryWith('camera')).toEqual([200, false])
    expect(await tryWith('other')).toEqual([401, false])
    expect(await tryWith('camera', '/elsewhere')).toEqual([401, false])
    scene.clock.advance(300_000)
    expect(await tryWith('camera')).toEqual([401, true])
    expect(await tryWith('other')).toEqual([401, false])
  })
})

it('closes while clients wait', async () => {
  const scene = await OnvifScene.start()
  const { root } = await scene.call(events, 'tev:CreatePullPointSubscription')
  const path = ['Body', 'CreatePullPointSubscriptionResponse', 'SubscriptionReference', 'Address']
  const url = textAt(root, ...path) ?? ''
  const parameters = '<Timeout>PT20S</Timeout><MessageLimit>10</MessageLimit>'
  await scene.call(url, 'tev:PullMessages', { parameters })
  const pulled = scene.call(url, 'tev:PullMessages', { parameters }).catch(() => 'closed')
  await until(() => scene.clock.pendingTimers > 0)
  await scene.server.close()
  await pulled
  await nextTurn(3)
  expect(scene.clock.pendingTimers).toBe(0)
})
