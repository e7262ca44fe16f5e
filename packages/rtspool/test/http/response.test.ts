import { describe, expect, it } from 'vitest'
import { serializeHttpRefusal, serializeTunnelAnswer } from '../../src/http/index.js'

describe('responses to HTTP', () => {
  it('the GET of a tunnel gets its content type and no length', { tags: 'A-HTP-1' }, () => {
    for (const version of ['1.0', '1.1'] as const) {
      const text = String(serializeTunnelAnswer(version))
      expect(text).toMatch(new RegExp(`^HTTP/${version} 200 OK\r\n`))
      expect(text).toContain('\r\nContent-Type: application/x-rtsp-tunnelled\r\n')
      expect(text).not.toMatch(/content-length|transfer-encoding/i)
      expect(text.endsWith('\r\n\r\n')).toBe(true)
    }
  })

  it('a refusal has its reason as body, with the announced length', () => {
    const text = String(serializeHttpRefusal(409, 'because ü'))
    const [head = '', body = ''] = text.split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 409 Conflict\r\nConnection: close\r\n/)
    expect(head).toContain(`Content-Length: ${Buffer.byteLength(body)}`)
  })
})
