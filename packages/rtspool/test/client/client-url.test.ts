import { describe, expect, it } from 'vitest'
import { parseClientUrl } from '../../src/client/client-url.js'
import { connect } from '../../src/client/index.js'

describe('the URL of a stream', () => {
  it.each([
    {
      url: 'rtsp://cam/a//b/../c?d=e#f',
      uri: 'rtsp://cam/a//b/../c?d=e',
      place: ['cam', 554, undefined],
    },
    {
      url: 'RTSPS://User:p%40s:s@Cam:8322',
      uri: 'rtsps://Cam:8322',
      place: ['cam', 8322, { username: 'User', password: 'p@s:s' }],
    },
    {
      url: 'rtsp://a:100%@[fe80::1%25eth0]/',
      uri: 'rtsp://[fe80::1%25eth0]/',
      place: ['fe80::1%eth0', 554, { username: 'a', password: '100%' }],
    },
    {
      url: 'rtsp://u@h/ü x',
      uri: 'rtsp://h/ü%20x',
      place: ['h', 554, { username: 'u', password: '' }],
    },
    {
      url: 'ws://u:p@h/x',
      uri: 'rtsp://h:80/x',
      place: ['h', 80, { username: 'u', password: 'p' }],
    },
    { url: 'wss://[::1]:8322/x', uri: 'rtsps://[::1]:8322/x', place: ['::1', 8322, undefined] },
    { url: 'WSS://[::1]', uri: 'rtsps://[::1]:443', place: ['::1', 443, undefined] },
  ])('$url has the parts $place', ({ url, uri, place }) => {
    const parsed = parseClientUrl(url)
    expect([parsed?.host, parsed?.port, parsed?.credentials]).toEqual(place)
    expect(parsed?.uri).toBe(uri)
  })

  it.each([
    '',
    'cam',
    'http://cam/',
    'rtsp://',
    'rtsp://cam:0/',
    'rtsp://cam:70000/',
    'rtsp://a b/',
    'rtsp://cam/\r\nx',
    'wss://192.0.2.4\\@evil.example/x',
    'rtsp://u:a\\b@cam/',
    'rtsp://u:a b@cam/',
    'rtsp://u:a\u0001b@cam/',
    'rtsp://cam\u0001/',
  ])('%j is refused, and not repeated', async (url) => {
    expect(parseClientUrl(url)).toBeUndefined()
    const message =
      /^url must be an rtsp:, rtsps:, ws: or wss: URL, without spaces and backslashes [a-z ]+$/
    await expect(connect(url)).rejects.toThrow(message)
  })
})

describe('an option', () => {
  it.each([
    [{ passwort: 'x' }, "connect has no option 'passwort': did you mean 'password'?"],
    [{ basic: 'yes' }, "basic must be one of overTls, always, never, got 'yes'"],
    [{ connectTimeout: 0 }, 'connectTimeout must be more than 0, got 0'],
    [{ maxRedirects: 21 }, 'maxRedirects must be an integer from 0 to 20, got 21'],
    [
      { tls: { fingerprint: 'ab' } },
      'tls.fingerprint must be a SHA-256 fingerprint of 64 hexadecimal digits',
    ],
    [{ signal: {} }, 'signal must be an AbortSignal, got object'],
  ])('%j is refused', async (options, message) => {
    await expect(connect('rtsp://127.0.0.1:1/', options as never)).rejects.toThrow(message)
  })
})
