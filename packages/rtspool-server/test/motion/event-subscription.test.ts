import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { EventSubscription } from '../../src/motion/event-subscription.js'
import { type Post, SoapClient } from '../../src/motion/soap-client.js'

const device = 'http://192.0.2.7:8000/onvif/device_service'

/** Answers as a camera that names other addresses, and notes the requests. */
function camera(events: string, subscription: string, parameters = '') {
  const asked: { readonly url: string; readonly body: string }[] = []
  const answers: readonly (readonly [string, string])[] = [
    ['GetSystemDateAndTime', ''],
    ['GetCapabilities', `<Capabilities><Events><XAddr>${events}</XAddr></Events></Capabilities>`],
    [
      'CreatePullPointSubscription',
      `<SubscriptionReference><Address>${subscription}</Address>${parameters}</SubscriptionReference>`,
    ],
  ]
  const post: Post = async (url, { body }) => {
    asked.push({ url, body: String(body) })
    const [, answer = ''] = answers.find(([name]) => String(body).includes(`:${name}`)) ?? []
    return new Response(`<Envelope><Body><Answer>${answer}</Answer></Body></Envelope>`)
  }
  return { asked, post }
}

async function opened(post: Post) {
  const clock = new ManualClock()
  const client = new SoapClient({ username: 'ann', password: 'word-of-the-camera' }, clock, post)
  const { signal } = new AbortController()
  const subscription = await EventSubscription.open(client, clock, device, signal)
  return { clock, signal, subscription }
}

describe('a subscription to the events of a camera', () => {
  it('goes to the host of the device only, whatever addresses the camera names', async () => {
    const { asked, post } = camera('http://10.0.0.1/events?a=1', 'https://evil.example/sub?b=2')
    const { signal, subscription } = await opened(post)
    await subscription.pull(signal)
    await subscription.close(signal)
    expect(asked.map(({ url }) => url)).toEqual([
      ...[device, device, 'http://192.0.2.7:8000/events?a=1'],
      ...['http://192.0.2.7:8000/sub?b=2', 'http://192.0.2.7:8000/sub?b=2'],
    ])
  })

  it('keeps another port of the same host', async () => {
    const { asked, post } = camera('http://192.0.2.7:81/events', 'http://192.0.2.7:81/sub')
    const { signal, subscription } = await opened(post)
    await subscription.pull(signal)
    expect(asked.at(-1)?.url).toBe('http://192.0.2.7:81/sub')
  })

  it('leaves out a login in the addresses that the camera names', async () => {
    const { asked, post } = camera('http://a:b@192.0.2.7:81/events', 'http://a:b@192.0.2.7/sub')
    const { signal, subscription } = await opened(post)
    await subscription.pull(signal)
    expect(asked.slice(-2).map(({ url }) => url)).toEqual([
      ...['http://192.0.2.7:81/events', 'http://192.0.2.7/sub'],
    ])
  })

  it('needs no answer to the question for the time', async () => {
    const { asked, post } = camera('http://192.0.2.7/events', 'http://192.0.2.7/sub')
    const refusing: Post = async (url, init) => {
      const answer = await post(url, init)
      return asked.length === 1 ? new Response('', { status: 401 }) : answer
    }
    const { signal, subscription } = await opened(refusing)
    await subscription.pull(signal)
    expect(asked.at(-1)?.url).toBe('http://192.0.2.7/sub')
  })

  it('repeats the parameters of the reference, and renews itself', async () => {
    const parameters = '<ReferenceParameters><x:Id xmlns:x="urn:x">7</x:Id></ReferenceParameters>'
    const { asked, post } = camera('http://192.0.2.7/events', 'http://192.0.2.7/sub', parameters)
    const { clock, signal, subscription } = await opened(post)
    await subscription.pull(signal)
    expect(asked.at(-1)?.body).toContain('<x:Id xmlns:x="urn:x">7</x:Id>')
    clock.advance(25_000)
    await subscription.pull(signal)
    expect(asked.at(-1)?.body).toContain('<wsnt:Renew>')
  })

  it('sends no login with the question for the time', async () => {
    const { asked, post } = camera('http://192.0.2.7/events', 'http://192.0.2.7/sub')
    await opened(post)
    expect(asked.map(({ body }) => body.includes('UsernameToken'))).toEqual([false, true, true])
    expect(asked.some(({ body }) => body.includes('word-of-the-camera'))).toBe(false)
  })

  it('says so if the camera has no events', async () => {
    await expect(opened(camera('', '').post)).rejects.toThrow('the camera has no events')
  })
})
