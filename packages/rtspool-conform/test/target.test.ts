import { describe, expect, it } from 'vitest'
import { parseTarget } from '../src/target.js'

describe('the URL of a server', () => {
  it.each([
    ['rtsp://host/cam', undefined, 'rtsp://host:554/cam', 'tcp'],
    ['rtsp://host:8554/a/b?c=d', undefined, 'rtsp://host:8554/a/b?c=d', 'tcp'],
    ['rtsp://[::1]:8554/cam', undefined, 'rtsp://[::1]:8554/cam', 'tcp'],
    ['rtsps://host/cam', undefined, 'rtsps://host:322/cam', 'tls'],
    ['rtsph://host/cam', undefined, 'rtsp://host:80/cam', 'http'],
    ['ws://host:8080/cam', undefined, 'rtsp://host:8080/cam', 'ws'],
    ['wss://host/cam', undefined, 'rtsps://host:443/cam', 'wss'],
    ['rtsp://host:8554/cam', 'http', 'rtsp://host:8554/cam', 'http'],
    ['rtsps://host/cam', 'ws', 'rtsps://host:322/cam', 'wss'],
    ['rtsp://host:80', undefined, 'rtsp://host:80/', 'tcp'],
  ] as const)('%s with tunnel %s', (text, tunnel, uri, carrier) => {
    const parsed = parseTarget(text, tunnel)
    expect(parsed).toMatchObject({ presentation: { uri }, carrier, credentials: undefined })
  })

  it('keeps name and password out of the URI', () => {
    const parsed = parseTarget('rtsp://u:p%40ss@host:8554/cam')
    expect(parsed).toMatchObject({
      presentation: { uri: 'rtsp://host:8554/cam', host: 'host', port: 8554, path: '/cam' },
      credentials: { name: 'u', password: 'p@ss' },
    })
  })

  it('leaves an IPv6 address without brackets to connect to', () => {
    expect(parseTarget('rtsp://[::1]:8554/cam')).toMatchObject({ presentation: { host: '::1' } })
  })

  it.each([
    '',
    'cam',
    'ftp://host/cam',
    'rtsp://',
    'rtsp://host:port:port/x',
    'rtsp://host:99999/x',
  ])('refuses %j with one line', (text) => {
    expect(parseTarget(text)).toMatch(/^expected .+$/)
  })
})
