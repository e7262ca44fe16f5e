import { describe, expect, it } from 'vitest'
import { banner, examplePath, localUrl } from '../src/banner.js'

describe('the URL for a player on this machine', () => {
  it.each([
    { address: '::', port: 8554, url: 'rtsp://127.0.0.1:8554' },
    { address: '0.0.0.0', port: 8554, url: 'rtsp://127.0.0.1:8554' },
    { address: '192.0.2.7', port: 554, url: 'rtsp://192.0.2.7:554' },
    { address: '::1', port: 9000, url: 'rtsp://[::1]:9000' },
    { address: 'fe80::1%eth0', port: 9000, url: 'rtsp://[fe80::1]:9000' },
  ])('is $url for $address', ({ address, port, url }) => {
    expect(localUrl(address, port)).toBe(url)
  })
})

describe('the path of the example', () => {
  it.each([
    ['/*', '/live'],
    ['/live/*', '/live/door'],
    ['/a/b/*', '/a/b/door'],
    ['/cam', '/cam'],
  ])('for publishers at %s is %s', (pattern, path) => {
    expect(examplePath(pattern)).toBe(path)
  })
})

describe('the banner', () => {
  const facts = {
    version: '1.2.3',
    address: '::',
    port: 8554,
    tlsPort: undefined,
    host: undefined,
    publish: true,
    login: { toPlay: false, toPublish: false },
    testPath: '/test',
  }

  it('prints its address, and commands to play and publish', () => {
    expect(banner(facts)).toBe(
      [
        'rtspool 1.2.3 listens on rtsp://127.0.0.1:8554 (all addresses)',
        '',
        '  play     ffplay rtsp://127.0.0.1:8554/test',
        '  publish  ffmpeg -re -i file.mp4 -c copy -f rtsp rtsp://127.0.0.1:8554/live',
        '',
        '',
      ].join('\n'),
    )
  })

  it('prints its TLS address', () => {
    const text = banner({ ...facts, tlsPort: 8322 })
    expect(text.split('\n')[1]).toBe('with TLS on rtsps://127.0.0.1:8322, the same paths')
  })

  it('names the host that was asked for', () => {
    const text = banner({ ...facts, address: '127.0.0.1', host: 'localhost' })
    expect(text).toContain('listens on rtsp://127.0.0.1:8554 (localhost)\n')
  })

  it('prints that publishing is off', () => {
    const text = banner({ ...facts, publish: false })
    expect(text).not.toContain('ffmpeg')
    expect(text).toContain('--no-publish')
  })

  it('prints no play command if nothing is mounted', () => {
    expect(banner({ ...facts, testPath: undefined })).not.toContain('ffplay')
  })

  it('prints which actions need a name and a password', () => {
    const text = banner({ ...facts, login: { toPlay: false, toPublish: true } })
    expect(text).toContain('ffplay rtsp://127.0.0.1:8554/test')
    expect(text).toContain('rtsp://NAME:PASSWORD@127.0.0.1:8554/live')
    const both = banner({ ...facts, login: { toPlay: true, toPublish: true } })
    expect(both).toContain('ffplay rtsp://NAME:PASSWORD@127.0.0.1:8554/test')
  })
})
