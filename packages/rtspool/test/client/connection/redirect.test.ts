import { describe, expect, it } from 'vitest'
import { connect, type RtspClientOptions } from '../../../src/client/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { closeAfterTest } from '../../support/open-things.js'
import { type CameraAnswers, ScriptedCamera } from '../../support/scripted-camera.js'

/** Connects to a camera that redirects to another, and sets up over TCP after a refusal of UDP. */
async function redirected(hostOf: (url: string) => string, options: RtspClientOptions = {}) {
  const answers: CameraAnswers = {
    SETUP: ({ headers }) =>
      headers.get('transport')?.includes('/TCP')
        ? { headers: { Session: 'abc', Transport: headers.get('transport') ?? '' } }
        : { status: 461 },
  }
  const other = await ScriptedCamera.start(answers)
  const place = hostOf(other.url)
  const camera = await ScriptedCamera.start({
    DESCRIBE: { status: 302, headers: { Location: place } },
  })
  const asked: string[] = []
  const client = await connect(camera.url, {
    clock: new ManualClock(),
    transports: ['udp', 'tcp'],
    headers: ({ uri }) => {
      asked.push(uri)
      return [['X-Token', 'secret']]
    },
    ...options,
  })
  closeAfterTest(client)
  await client.play()
  expect(client.url).toBe(place)
  const tokens = other.requests.map(({ headers }) => headers.get('x-token'))
  return { camera, other, place, asked, tokens }
}

const toOtherHost = (url: string): string => url.replace('127.0.0.1', 'localhost')

describe('header lines of the application after a redirect', () => {
  it('go to no other host, on no connection to it', async () => {
    const { camera, other, asked, tokens } = await redirected(toOtherHost)
    expect(other.sockets).toHaveLength(2)
    expect(new Set(tokens)).toEqual(new Set([undefined]))
    expect(new Set(asked)).toEqual(new Set([camera.url]))
    expect(camera.requests.map(({ headers }) => headers.get('x-token'))).toEqual([
      ...['secret', 'secret'],
    ])
  })

  it('go to another host if that is allowed', async () => {
    const { asked, place, tokens } = await redirected(toOtherHost, { credentialsFor: 'anyHost' })
    expect(new Set(tokens)).toEqual(new Set(['secret']))
    expect(asked).toContain(place)
  })

  it('go along to another port of the same host', async () => {
    const { tokens } = await redirected((url) => url)
    expect(new Set(tokens)).toEqual(new Set(['secret']))
  })
})
