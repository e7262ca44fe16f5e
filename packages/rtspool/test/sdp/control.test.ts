import { expect } from 'vitest'
import { resolveControl } from '../../src/sdp/index.js'
import { eachCase } from '../support/tagged-cases.js'

const base = 'rtsp://127.0.0.1:8554/cam'

eachCase([
  { tags: 'A-DES-4', base: `${base}/`, control: 'trackID=0', uri: `${base}/trackID=0` },
  { tags: 'A-DES-4', base, control: 'trackID=0', uri: `${base}/trackID=0` },
  { tags: 'A-DES-4', base, control: '/streamid=0', uri: 'rtsp://127.0.0.1:8554/streamid=0' },
  { tags: 'A-DES-4', base: 'rtsp://h?a=b', control: '/streamid=0', uri: 'rtsp://h/streamid=0' },
  { tags: 'A-DES-4', base: '/cam?a=b', control: '/streamid=0', uri: '/streamid=0' },
  { tags: 'A-DES-4', base: '/cam', control: 'streamid=0', uri: '/cam/streamid=0' },
  { tags: 'A-DES-4', base, control: 'a=rtsp://x', uri: `${base}/a=rtsp://x` },
  { tags: 'A-DES-4', base: `${base}/`, control: '*', uri: `${base}/` },
  { tags: 'A-DES-4', base, control: '*', uri: base },
  { tags: 'A-DES-4', base, control: '', uri: base },
  { tags: 'A-DES-4', base, control: undefined, uri: base },
  { tags: 'A-DES-4', base, control: 'RTSP://h/x', uri: 'RTSP://h/x' },
  { tags: 'A-DES-4', base, control: 'rtsps://h/x/', uri: 'rtsps://h/x/' },
  { tags: 'A-DES-5', base: `${base}?a=b`, control: 'streamid=0', uri: `${base}?a=b/streamid=0` },
  { tags: 'A-DES-5', base: `${base}?a=b/`, control: 'streamid=0', uri: `${base}?a=b/streamid=0` },
  {
    tags: 'A-DES-9',
    base: 'rtsp://[::1]:8554/cam/',
    control: 'track:1',
    uri: 'rtsp://[::1]:8554/cam/track:1',
  },
])('$base and $control make $uri', ({ base, control, uri }) => {
  expect(resolveControl(base, control)).toBe(uri)
})
