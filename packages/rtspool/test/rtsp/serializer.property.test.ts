import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RtspHeaders } from '../../src/rtsp/message.js'
import { serializeRequest, serializeResponse } from '../../src/rtsp/serializer.js'
import { eventFacts, record } from './record.js'

it('serialized messages are parsed back unchanged', () => {
  const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,15}$/)
  const name = token.filter((text) => !/^(content-length|transfer-encoding)$/i.test(text))
  const value = fc.stringMatching(/^([!-~]([ -~\t]{0,20}[!-~])?)?$/)
  const message = fc.record({
    method: token,
    uri: fc.webUrl().filter((text) => text.length < 2048),
    statusCode: fc.integer({ min: 100, max: 999 }),
    entries: fc.array(fc.tuple(name, value), { maxLength: 20 }),
    body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  })
  fc.assert(
    fc.property(message, ({ method, uri, statusCode, entries, body }) => {
      const sent = new RtspHeaders(entries)
      const wire = Buffer.concat([
        serializeRequest({ method, uri, headers: sent, body }),
        serializeResponse({ statusCode, reason: method, headers: sent, body }),
      ])
      const received = new RtspHeaders(entries)
      if (body.length > 0) received.append('Content-Length', String(body.length))
      const version = '1.0'
      const expected = [
        { kind: 'request', method, uri, version, headers: received, body } as const,
        {
          kind: 'response',
          statusCode,
          reason: method,
          version,
          headers: received,
          body,
        } as const,
      ]
      const { events, error } = record([wire])
      expect(error).toBeUndefined()
      expect(events.map(eventFacts)).toEqual(expected.map(eventFacts))
    }),
  )
})
