import { describe, expect, it } from 'vitest'
import { endText, isOwnHost, urlOf, viewersText } from '../../src/shares/share-view.js'

const page = '/share#share_x'
const share = { id: 'a', name: 'a', path: '/live', author: 'first', sessions: 3, maxViewers: 10 }

describe('a share link', () => {
  it.each([
    [false, 'cam.example', 'http://cam.example:9000/share#share_x'],
    [true, '[::1]', 'https://[::1]:9000/share#share_x'],
  ])('is on the port of the live picture', (isSecure, hostname, url) => {
    expect(urlOf({ name: 'a', page, port: 9000, isSecure }, hostname)).toBe(url)
  })

  it('is described in words', () => {
    expect(viewersText(share)).toBe('3 of 10')
    expect(viewersText({ ...share, maxViewers: 0 })).toBe('3')
    expect(endText({})).toBe('never')
    expect(endText({ until: 1.8e9 })).toContain('27')
  })

  it.each([
    ['127.0.0.1', true],
    ['localhost', true],
    ['[::1]', true],
    ['cam.example', false],
  ])('for %s may be one for this machine alone', (hostname, isOwn) => {
    expect(isOwnHost(hostname)).toBe(isOwn)
  })
})
