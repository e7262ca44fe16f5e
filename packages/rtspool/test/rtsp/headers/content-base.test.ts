import { describe, expect, it } from 'vitest'
import { serializeContentBase } from '../../../src/rtsp/headers/content-base.js'
import { parseRtspUri } from '../../../src/rtsp/uri.js'

const local = { scheme: 'rtsp', authority: '[::1]:8554' } as const

describe('Content-Base', () => {
  it.each([
    ['A-DES-1', 'rtsp://host:8554/cam', 'rtsp://host:8554/cam/'],
    ['A-DES-1', 'rtsp://host/cam/', 'rtsp://host/cam/'],
    ['A-DES-5', 'rtsp://host/cam?x=1', 'rtsp://host/cam?x=1/'],
    ['A-DES-9', '/a%20b', 'rtsp://[::1]:8554/a%20b/'],
    ['passwords are left out', 'rtsps://u:p@host/cam', 'rtsps://host/cam/'],
  ])('%s %s becomes %s', (_, uri, base) => {
    expect(serializeContentBase(parseRtspUri(uri), local)).toBe(base)
  })
})
