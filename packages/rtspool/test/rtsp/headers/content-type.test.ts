import { describe, expect, it } from 'vitest'
import { parseContentType } from '../../../src/rtsp/headers/content-type.js'

describe('Content-Type', () => {
  it.each([
    [undefined, undefined],
    [' ;charset=utf-8', undefined],
    ['application/sdp', 'application/sdp'],
    ['Application/SDP ; charset=utf-8', 'application/sdp'],
  ])('%j is %j', (value, type) => {
    expect(parseContentType(value)).toBe(type)
  })
})
