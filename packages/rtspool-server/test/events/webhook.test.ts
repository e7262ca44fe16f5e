import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { closeAfterTest } from '../../../rtspool/test/support/open-things.js'
import { until } from '../../../rtspool/test/support/until.js'
import { signatureOf } from '../../src/access/receiver.js'
import { EventFeed } from '../../src/events/event-feed.js'
import { eventTypeNames } from '../../src/events/event-types.js'
import { Webhook, type WebhookOptions } from '../../src/events/webhook.js'
import { recordedLog } from '../api/api-scene.js'

interface Delivery {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A receiver that responds with the given statuses, then with 204. */
async function receiver(...statuses: number[]) {
  const deliveries: Delivery[] = []
  const http = createServer(async (request, response) => {
    deliveries.push({ headers: request.headers, body: await text(request) })
    response.writeHead(statuses.shift() ?? 204).end()
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  closeAfterTest({
    close: async () => {
      http.closeAllConnections()
      http.close()
    },
  })
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/hook`
  return { url, deliveries }
}

function webhookTo(url: string, options: Partial<WebhookOptions> = {}, size = 100) {
  const clock = new ManualClock()
  const feed = new EventFeed({ clock, size })
  const { log, logged } = recordedLog()
  const webhook = new Webhook(feed, log, { url, clock, ...options })
  closeAfterTest(webhook)
  return { clock, feed, webhook, logged }
}

describe('a webhook', () => {
  it('tries again, a second and two later, when the receiver fails twice', async () => {
    const { url, deliveries } = await receiver(500, 503)
    const { clock, feed, webhook } = webhookTo(url, { secret: 'key' })
    feed.publish('mediaDown', { path: '/cam' })
    await until(() => deliveries.length === 1 && clock.pendingTimers === 1)
    clock.advance(1200)
    await until(() => deliveries.length === 2 && clock.pendingTimers === 1)
    clock.advance(999)
    expect(deliveries).toHaveLength(2)
    clock.advance(1401)
    await until(() => webhook.stats.delivered === 1)
    expect(webhook.stats).toEqual({ delivered: 1, retried: 2, failed: 0, lost: 0 })
    expect(new Set(deliveries.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(JSON.parse(deliveries[2]?.body ?? '')).toMatchObject({
      ...{ type: 'mediaDown', path: '/cam' },
      id: deliveries[2]?.headers['webhook-id'],
    })
  })

  it('sends every type, in order, to a receiver that fails twice', async () => {
    const { url, deliveries } = await receiver(500, 500)
    const { clock, feed, webhook } = webhookTo(url)
    for (const type of eventTypeNames) feed.publish(type, {})
    await until(() => {
      if (clock.pendingTimers > 0) clock.advance(3000)
      return webhook.stats.delivered === eventTypeNames.length
    })
    const received = deliveries.map(({ body }) => JSON.parse(body).type)
    expect(received.slice(2)).toEqual([...eventTypeNames])
  })

  it('signs the id, the time and the body', async () => {
    const { url, deliveries } = await receiver()
    const { feed } = webhookTo(url, { secret: 'key' })
    feed.publish('mediaUp', {})
    await until(() => deliveries.length === 1)
    const [{ headers, body } = { headers: {}, body: '' }] = deliveries
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
    expect(headers['webhook-signature']).toBe(`v1,${signatureOf('key', signed)}`)
  })

  it('signs as the example of Standard Webhooks does', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
    const signed = 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    expect(signatureOf(secret, signed)).toBe('g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  it('sends user and password of its URL by Basic', async () => {
    const { url, deliveries } = await receiver()
    const { feed, webhook } = webhookTo(url.replace('//', '//ann:p%40ss%3A%C3%A9@'))
    feed.publish('mediaUp', {})
    await until(() => webhook.stats.delivered === 1)
    const credentials = Buffer.from('ann:p@ss:é').toString('base64')
    expect(deliveries[0]?.headers.authorization).toBe(`Basic ${credentials}`)
  })

  it.each([
    ['refuses the URL', undefined, 'TypeError'],
    ['cannot connect', new Error('connect ECONNREFUSED'), 'connect ECONNREFUSED'],
    [
      'can connect to no address of a name',
      new AggregateError([
        new Error('connect ECONNREFUSED ::1:9'),
        new Error('connect ECONNREFUSED 127.0.0.1:9'),
      ]),
      'connect ECONNREFUSED ::1:9; connect ECONNREFUSED 127.0.0.1:9',
    ],
    [
      'fails without a message',
      Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }),
      'ECONNREFUSED',
    ],
  ])('logs no secret of its URL where fetch %s', async (_, cause, reason) => {
    const called: string[] = []
    const post = async (url: string) => {
      called.push(url)
      throw new TypeError(`cannot fetch ${url}`, { cause })
    }
    const url = 'http://ann:canary@alarm.example/hook?token=canary'
    const { feed, webhook, logged } = webhookTo(url, { post, maxAttempts: 1 })
    feed.publish('mediaUp', {})
    await until(() => webhook.stats.failed === 1)
    expect(called).toEqual(['http://alarm.example/hook?token=canary'])
    expect(logged).toEqual([expect.stringContaining(`"reason":"${reason}"`)])
    expect(logged[0]).not.toContain('canary')
  })

  it('sends the wanted types only', async () => {
    const { url, deliveries } = await receiver()
    const { feed, webhook } = webhookTo(url, { types: new Set(['mediaDown']) })
    feed.publish('mediaUp', {})
    feed.publish('mediaDown', {})
    feed.publish('sessionCreated', {})
    await until(() => webhook.stats.delivered === 1)
    expect(deliveries).toHaveLength(1)
  })

  it('leaves out an event that the receiver refuses, without another attempt', async () => {
    const { url, deliveries } = await receiver(410)
    const { feed, webhook, logged } = webhookTo(url)
    feed.publish('mediaDown', {})
    feed.publish('mediaUp', {})
    await until(() => webhook.stats.delivered === 1)
    expect(webhook.stats.failed).toBe(1)
    expect(deliveries).toHaveLength(2)
    expect(logged[0]).toContain('status 410')
  })

  it('gives up after the last attempt, and goes on with the next event', async () => {
    const { url } = await receiver(500, 500, 500)
    const { clock, feed, webhook } = webhookTo(url, { maxAttempts: 3 })
    feed.publish('mediaDown', {})
    feed.publish('mediaUp', {})
    await until(() => {
      if (clock.pendingTimers > 0) clock.advance(60_000)
      return webhook.stats.delivered === 1
    })
    expect(webhook.stats).toMatchObject({ failed: 1, retried: 2 })
  })

  it('queues nothing but the feed: a receiver that was away learns how much it lost', async () => {
    const { url, deliveries } = await receiver(500)
    const { clock, feed, webhook } = webhookTo(url, {}, 10)
    feed.publish('mediaDown', { n: 0 })
    await until(() => clock.pendingTimers === 1)
    for (let n = 1; n <= 30; n++) feed.publish('mediaUp', { n })
    clock.advance(2000)
    await until(() => webhook.stats.delivered === 12)
    expect(webhook.stats.lost).toBe(20)
    const bodies = deliveries.map(({ body }) => JSON.parse(body))
    expect(bodies[2]).toMatchObject({ type: 'eventsLost', count: 20 })
    expect(bodies.slice(3).map(({ n }) => n)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30])
  })

  it('ends an attempt under way when it is closed', async () => {
    const hanging = createServer(() => {})
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve))
    closeAfterTest({
      close: async () => {
        hanging.closeAllConnections()
        hanging.close()
      },
    })
    const { port } = hanging.address() as AddressInfo
    const { feed, webhook } = webhookTo(`http://127.0.0.1:${port}/`)
    let connections = 0
    hanging.on('request', () => connections++)
    feed.publish('mediaDown', {})
    await until(() => connections === 1)
    await webhook.close()
    expect(webhook.stats).toEqual({ delivered: 0, retried: 0, failed: 0, lost: 0 })
  })
})
