import { describe, expect, it } from 'vitest'
import { isAsterisk, parseRtspUri } from '../../src/rtsp/uri.js'
import { fastestMs } from './fastest.js'
import { refusedUris, uriCases } from './header-cases.js'
import { checkCases, refusalOf } from './headers/check-cases.js'

describe('request URI', () => {
  checkCases(uriCases, refusedUris, parseRtspUri)

  it('an absolute path has neither scheme nor host', { tags: 'A-DES-10' }, () => {
    expect(parseRtspUri('/cam/trackID=0?a=b')).toEqual({
      scheme: undefined,
      authority: '',
      host: '',
      port: undefined,
      path: '/cam/trackID=0',
      rawPath: '/cam/trackID=0',
      query: 'a=b',
    })
  })

  it('an asterisk is recognised', { tags: 'A-OPT-1' }, () => {
    expect(isAsterisk('*')).toBe(true)
    expect(isAsterisk('/*')).toBe(false)
  })

  it('no error shows a password', () => {
    for (const wire of ['rtsp://u:secret@ho%st/', 'rtsp://u:secret@h/..', 'rtsp://u:secret@h:x/']) {
      expect(refusalOf(() => parseRtspUri(wire)).message).not.toContain('secret')
    }
  })

  it.each(['/', '%', '%41', '?', '@', ':', '.', 'a/', '\\', '['])(
    '64 KiB of %j in a URI are handled in under 10 ms',
    { tags: 'B-LOOP' },
    (filling) => {
      for (const start of ['rtsp://', 'rtsp://host/', '/']) {
        const wire = start + filling.repeat(65536 / filling.length)
        const ms = fastestMs(() => {
          try {
            parseRtspUri(wire)
          } catch {
            // Refused or not: only the time matters here.
          }
        })
        expect(ms).toBeLessThan(10)
      }
    },
  )
})
