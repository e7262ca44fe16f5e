import { describe, expect, it } from 'vitest'
import { serializeTransport } from '../../../src/rtsp/headers/serialize-transport.js'
import { parseTransport } from '../../../src/rtsp/headers/transport.js'
import { fastestMs } from '../fastest.js'
import { refusedTransports, transportCases } from '../header-cases.js'
import { checkCases, refusalOf } from './check-cases.js'

describe('Transport', () => {
  checkCases(transportCases, refusedTransports, parseTransport, (specs) =>
    specs.map(serializeTransport).join(','),
  )

  it('missing parameters are not written', () => {
    const spec = { profile: 'AVP', lowerTransport: 'UDP', delivery: 'unicast' } as const
    expect(serializeTransport(spec)).toBe('RTP/AVP;unicast')
  })

  it('characters that would break the header are a TypeError', () => {
    const spec = { profile: 'AVP', lowerTransport: 'UDP', delivery: 'unicast' } as const
    expect(() => serializeTransport({ ...spec, source: 'a\r\nb' })).toThrow(TypeError)
    expect(() => serializeTransport({ ...spec, profile: 'A/B' })).toThrow(TypeError)
    expect(() => serializeTransport({ ...spec, parameters: [['a b', 'c']] })).toThrow(TypeError)
  })

  it.each([
    ['commas', ','.repeat(65536)],
    ['semicolons', `RTP/AVP${';'.repeat(65536)}`],
    ['tabs', '\t'.repeat(65536)],
    ['quotes', `RTP/AVP;a=${'"'.repeat(65536)}`],
    ['backslashes in quotes', `RTP/AVP;a="${'\\'.repeat(65536)}"`],
    ['equals signs', `RTP/AVP;${'='.repeat(65536)}`],
    ['digits', `RTP/AVP;client_port=${'0'.repeat(65536)}`],
    ['alternatives', 'a/b,'.repeat(16384).slice(0, -1)],
    ['parameters', `RTP/AVP${';a=b'.repeat(16384)}`],
  ])('64 KiB of %s in Transport are handled in under 10 ms', { tags: 'B-LOOP' }, (_, wire) => {
    const isHandledMs = fastestMs(() => {
      try {
        parseTransport(wire)
      } catch {
        // Refused or not: only the time matters here.
      }
    })
    expect(isHandledMs).toBeLessThan(10)
  })

  it('an error quotes the received text, cut and escaped', () => {
    const error = refusalOf(() => parseTransport(`RTP/AVP;client_port=\u{9b}${'x'.repeat(99)}`))
    expect(error.message).toContain(`"\\x9b${'x'.repeat(63)}"...`)
    expect(error.context).toEqual({ header: 'Transport' })
  })
})
