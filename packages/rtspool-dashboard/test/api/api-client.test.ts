import { describe, expect, it } from 'vitest'
import { ApiClient, ApiError } from '../../src/api/api-client.js'
import { json, scriptedFetch } from './scripted-fetch.js'

describe('client of the API', () => {
  it('sends its token, and JSON', async () => {
    const { send, requests } = scriptedFetch(json({ ok: true }))
    const client = new ApiClient('secret', { send })
    expect(await client.get('/v1/version')).toEqual({ ok: true })
    await client.post('/v1/live/tickets', { path: '/cam' })
    expect(requests).toEqual([
      'GET /v1/version Bearer secret',
      'POST /v1/live/tickets Bearer secret {"path":"/cam"}',
    ])
  })

  it('says in words why a request failed', async () => {
    const problem = { title: 'A limit of the API is reached', detail: 'wait' }
    const failures = [
      [json(problem, 429), 'A limit of the API is reached: wait', 429],
      [new Response('<html>', { status: 502 }), 'The server responded with 502.', 502],
      [new TypeError('failed'), 'The server does not respond.', 0],
    ] as const
    for (const [response, message, status] of failures) {
      const request = new ApiClient('secret', { send: scriptedFetch(response).send }).get(
        '/v1/version',
      )
      await expect(request).rejects.toThrow(message)
      await expect(request).rejects.toBeInstanceOf(ApiError)
      await expect(request).rejects.toMatchObject({ status })
    }
  })
})
