import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type Cam, Discovery, Cam as OnvifCam } from 'onvif'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestHeader } from '../../packages/rtspool/test/support/credentials.js'
import { endPrograms, Program, until } from './support/process.js'
import { requirePrograms } from './support/programs.js'

const command = fileURLToPath(new URL('../../packages/rtspool-server/lib/main.js', import.meta.url))
const group = '239.255.255.250'
const discoveryPort = 3702
const login = { username: 'admin', password: 'camera' }
/** Name of the interface of 127.0.0.1. */
const loopback = Object.entries(networkInterfaces()).find(([, addresses = []]) =>
  addresses.some(({ address }) => address === '127.0.0.1'),
)?.[0]

let camera: Program
let device: URL
let member: Socket
const heard: string[] = []

beforeAll(async () => {
  member = createSocket({ type: 'udp4', reuseAddr: true })
  member.bind(discoveryPort, '0.0.0.0')
  await once(member, 'listening')
  member.addMembership(group, '127.0.0.1')
  member.on('message', (datagram) => void heard.push(datagram.toString()))
  camera = new Program(process.execPath, [
    ...[command, 'camera', '--port', '0', '--onvif-port', '0', '--discovery'],
    ...['--auth', 'digest', '--motion', '0.3@0.5'],
  ])
  const line = /with ONVIF on (\S+)/
  await until(() => line.test(camera.stdout) || !camera.isRunning)
  device = new URL(line.exec(camera.stdout)?.[1] ?? '')
})
afterAll(async () => {
  member.close()
  await endPrograms()
})

/** Connects as an NVR does: time, services, profiles, sources. */
function connected(options: object = {}): Promise<Cam> {
  return new Promise((resolve, reject) => {
    const { hostname, port, pathname: path } = device
    const cam: Cam = new OnvifCam(
      { hostname, port: Number(port), path, ...login, ...options },
      (error: Error | null) => (error ? reject(error) : resolve(cam)),
    )
  })
}

/** Calls a method of the client, whose last argument is a callback. */
function called(cam: Cam, name: string, ...args: readonly unknown[]): Promise<never> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, result: never) => (error ? reject(error) : resolve(result))
    const methods = cam as unknown as Record<string, (...args: readonly unknown[]) => void>
    methods[name]?.call(cam, ...args, done)
  })
}

/** Asks all devices of the loopback, and waits half a second for their answers. */
function probed(): Promise<unknown> {
  return new Promise((resolve) => {
    const options = { device: loopback, timeout: 500, resolve: false }
    Discovery.probe(options as never, (_: unknown, found: unknown) => resolve(found))
  })
}

/** Reads a URL as a client with Digest does. */
async function fetched(url: string): Promise<Response> {
  const refused = await fetch(url)
  const challenge = refused.headers.get('WWW-Authenticate') ?? ''
  const [, realm = '', nonce = ''] = /realm="(.*?)", nonce="(.*?)"/.exec(challenge) ?? []
  const { pathname, search } = new URL(url)
  const choices = { user: login.username, password: login.password, qop: true }
  const parts = { scheme: 'Digest', realm, nonce, algorithm: 'MD5' }
  const Authorization = digestHeader(parts as never, 'GET', pathname + search, choices)
  return fetch(url, { headers: { Authorization } })
}

describe('rtspool camera and the ONVIF client of npm', () => {
  test('it is found by a probe on the network', async () => {
    let found = ''
    for (let probes = 0; probes < 20 && !found.includes(device.href); probes++) {
      // Other cameras of this machine may answer too.
      found = JSON.stringify(await probed())
    }
    expect(found).toContain(device.href)
  })

  test('it greets at the start', async () => {
    const isGreeting = (text: string) => text.includes('<d:Hello>') && text.includes(device.href)
    expect(await until(() => heard.some(isGreeting))).toBe(true)
  })

  test.for([true, false])(
    'gives the stream of a profile, which ffprobe plays; token of WS-Security: %s',
    async (useWSSecurity, context) => {
      requirePrograms(context, 'ffprobe')
      const cam = await connected({ useWSSecurity })
      const { uri }: { uri: string } = await called(cam, 'getStreamUri', { protocol: 'RTSP' })
      const url = uri.replace('//', `//${login.username}:${login.password}@`)
      const program = new Program('ffprobe', [
        ...['-v', 'error', '-rtsp_transport', 'tcp', '-of', 'csv=p=0'],
        ...['-show_entries', 'stream=codec_name,width,height', url],
      ])
      await program.ended(20_000)
      expect(program.stdout).toContain('h264,640,360')
    },
  )

  test('refuses a wrong password', async () => {
    const cam = await connected({ password: 'other' })
    const asked = called(cam, 'getDeviceInformation')
    await expect(asked).rejects.toThrow('expected a fresh UsernameToken')
  })

  test('gives a picture', async (context) => {
    requirePrograms(context, 'ffmpeg')
    const cam = await connected()
    const { uri }: { uri: string } = await called(cam, 'getSnapshotUri')
    expect((await fetch(uri)).status).toBe(401)
    const response = await fetched(uri)
    expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'image/jpeg'])
    const picture = Buffer.from(await response.arrayBuffer())
    expect(picture.subarray(0, 2).toString('hex')).toBe('ffd8')
    expect(picture.subarray(-2).toString('hex')).toBe('ffd9')
  })

  test('keeps the faults of the URL under which it is added', async () => {
    const cam = await connected({ path: `${device.pathname}?auth=none&quirk=19` })
    const { uri }: { uri: string } = await called(cam, 'getStreamUri', { protocol: 'RTSP' })
    expect(uri).toMatch(/\/test\?auth=none&quirk=19$/)
  })

  test('tells when motion begins and ends, until the subscription is given back', async () => {
    const cam = await connected()
    await called(cam, 'createPullPointSubscription')
    const states: boolean[] = []
    while (states.length < 3) {
      const pulled: Pulled = await called(cam, 'pullMessages', { messageLimit: 1 })
      states.push(pulled.notificationMessage.message.message.data.simpleItem.$.Value)
    }
    // A client that is slow may find motion at its first look.
    expect(states).toEqual([states[0], !states[0], states[0]])
    await called(cam, 'renew', {})
    await called(cam, 'unsubscribe')
  })

  test('says goodbye at its end', async () => {
    expect(await camera.stop('SIGTERM')).toBe(0)
    const hello = heard.find((text) => text.includes(device.href))
    const [, uuid = 'none'] = /urn:uuid:([\w-]+)<\/a:Address>/.exec(hello ?? '') ?? []
    const isFarewell = (text: string) => text.includes('<d:Bye>') && text.includes(uuid)
    expect(await until(() => heard.some(isFarewell))).toBe(true)
  })
})

/** Answer to PullMessages with one message, as the client shows it. */
interface Pulled {
  readonly notificationMessage: {
    readonly message: {
      readonly message: {
        readonly data: { readonly simpleItem: { readonly $: { readonly Value: boolean } } }
      }
    }
  }
}
