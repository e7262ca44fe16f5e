import { describe, expect, it } from 'vitest'
import { parsePublic, serializePublic } from '../../../src/rtsp/headers/public.js'
import { RtspHeaders } from '../../../src/rtsp/message.js'

describe('Public', () => {
  it('methods survive being written and read', { tags: 'A-OPT-2' }, () => {
    const methods = ['OPTIONS', 'SETUP', 'GET_PARAMETER']
    const value = serializePublic(methods)
    expect(value).toBe('OPTIONS, SETUP, GET_PARAMETER')
    expect(parsePublic(new RtspHeaders([['Public', value]]))).toEqual(methods)
  })

  it('a method that is no token is misuse', () => {
    expect(() => serializePublic(['A, B'])).toThrow(TypeError)
  })
})
