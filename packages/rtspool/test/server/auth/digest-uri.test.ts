import { describe, expect, it } from 'vitest'
import { isSameUri } from '../../../src/server/auth/digest-uri.js'
import { parseTarget } from '../../../src/server/request/target.js'

const track = 'rtsp://h:8554/cam/trackID=0'

describe('the uri of a Digest', () => {
  it.each([
    { name: 'the same', uri: track, request: track },
    { name: 'an asterisk for an asterisk', uri: '*', request: '*' },
    { name: 'VLC 3.0: the base URL on a SETUP', uri: 'rtsp://h:8554/cam/', request: track },
    { name: 'HappyTime: the base URL without a slash', uri: 'rtsp://h:8554/cam', request: track },
    { name: 'the base URL with a slash', uri: 'rtsp://h:8554/cam/', request: 'rtsp://h:8554/cam' },
    { name: 'the path alone', uri: '/cam/trackID=0', request: track },
    { name: 'the path of the base alone', uri: '/cam', request: track },
    { name: 'Bosch BVMS: the path without a slash in front', uri: 'cam/trackID=0', request: track },
    { name: 'the control alone', uri: 'trackID=0', request: track },
    { name: 'another name of the host', uri: 'rtsp://nat.example/cam', request: track },
    { name: 'with a user', uri: 'rtsp://u@h:8554/cam', request: track },
    { name: 'other escapes', uri: '/c%61m', request: track },
    { name: 'the same query', uri: '/cam?a=b/', request: 'rtsp://h/cam?a=b' },
  ])('accepts $name', { tags: 'A-DIG-3' }, ({ uri, request }) => {
    expect(isSameUri(uri, request, parseTarget(request))).toBe(true)
  })

  it.each([
    { name: 'another mount', uri: 'rtsp://h:8554/other', request: track },
    { name: 'another mount by its path', uri: '/other', request: track },
    { name: 'another mount, relative', uri: 'other', request: track },
    { name: 'the mount above', uri: 'rtsp://h/a', request: 'rtsp://h/a/b' },
    { name: 'the mount below', uri: 'rtsp://h/a/b', request: 'rtsp://h/a' },
    { name: 'the root', uri: '/', request: track },
    { name: 'another query', uri: '/cam?a=c', request: 'rtsp://h/cam?a=b' },
    { name: 'no query', uri: '/cam', request: 'rtsp://h/cam?a=b' },
    { name: 'an asterisk for a path', uri: '*', request: track },
    { name: 'a path for an asterisk', uri: '/cam', request: '*' },
    { name: 'nothing', uri: '', request: track },
    { name: 'a way up', uri: '/other/../cam', request: track },
    { name: 'another scheme', uri: 'http://h/cam', request: track },
  ])('$name is not', { tags: 'A-DIG-3' }, ({ uri, request }) => {
    expect(isSameUri(uri, request, parseTarget(request))).toBe(false)
  })
})
