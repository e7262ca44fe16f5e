import { describe, expect, it } from 'vitest'
import { ApiClient } from '../../src/api/api-client.js'
import { readPart } from '../../src/recordings/recorded-part.js'
import { readSegments } from '../../src/recordings/recording-view.js'

const range = { recording: 'a b', path: '/cam', fromMs: 0, toMs: 10_000 }
const idle = new AbortController().signal

/** A client whose server sends these responses, one after the other. */
function clientWith(...responses: readonly Response[]) {
  const urls: string[] = []
  const queue = [...responses]
  const send = async (url: unknown) => {
    urls.push(String(url))
    return queue.shift() ?? new Response(null, { status: 500 })
  }
  return { client: new ApiClient('token', { send: send as typeof fetch }), urls }
}

describe('a part of a recording', () => {
  it('has its media type and times from the headers', async () => {
    const headers = {
      'content-type': 'video/mp4; codecs="avc1.42c00b"',
      'rtspool-start-time': '1970-01-01T00:00:01.000Z',
      'rtspool-end-time': '1970-01-01T00:00:09.500Z',
    }
    const { client, urls } = clientWith(new Response('bytes', { headers }))
    const part = await readPart(client, range, idle)
    expect(part).toMatchObject({ startMs: 1000, endMs: 9500, mime: headers['content-type'] })
    expect(part?.bytes.byteLength).toBe(5)
    expect(urls[0]).toBe(
      '/v1/recordings/a%20b/play?path=%2Fcam&from=1970-01-01T00%3A00%3A00.000Z&to=1970-01-01T00%3A00%3A10.000Z',
    )
  })

  it('is absent where nothing was recorded; other refusals are errors', async () => {
    const { client } = clientWith(
      new Response('{}', { status: 409 }),
      Response.json({ title: 'A limit of the API is reached' }, { status: 429 }),
    )
    expect(await readPart(client, range, idle)).toBeUndefined()
    await expect(readPart(client, range, idle)).rejects.toThrow('A limit of the API is reached')
  })
})

describe('files of a time line', () => {
  it('are read page by page', async () => {
    const [one, two] = ['one', 'two'].map((startTime) => ({ startTime }))
    const { client, urls } = clientWith(
      Response.json({ segments: [one], cursor: '1000' }),
      Response.json({ segments: [two] }),
    )
    expect(await readSegments(client, range)).toEqual([one, two])
    expect(urls.map((url) => new URLSearchParams(url.split('?')[1]).get('cursor'))).toEqual([
      null,
      '1000',
    ])
  })
})
