import { describe, expect, it } from 'vitest'
import { fileNameOf } from '../../src/recordings/download.js'
import type { RecordingView } from '../../src/recordings/recording-view.js'
import { stateText, tracksOf, unsupportedText } from '../../src/recordings/recording-words.js'

describe('words about recordings', () => {
  it('name the codecs that a browser does not play', () => {
    const mime = 'video/mp4; codecs="hvc1.1.6.L93.B0, mp4a.40.2"'
    expect(tracksOf(mime).map(({ kind }) => kind)).toEqual(['video', 'audio'])
    expect(unsupportedText(mime, () => true)).toBe('')
    expect(unsupportedText(mime, (type) => !type.includes('hvc1'))).toBe(
      'This browser cannot play the picture, which is H.265. An export plays in other programs.',
    )
  })

  it.for([
    ['/live/front door', 'live-front-door-2026-11-29T12-00-00Z.mp4'],
    ['/', 'recording-2026-11-29T12-00-00Z.mp4'],
    ['/Tür/../x', 'Tür-..-x-2026-11-29T12-00-00Z.mp4'],
  ] as const)('name the file of an export of %s', ([path, name]) => {
    expect(fileNameOf({ path, fromMs: Date.UTC(2026, 10, 29, 12) })).toBe(name)
  })

  it.for([
    [{ isRunning: false, when: 'watched' }, 'Stopped.'],
    [{}, 'Waiting for a publication.'],
    [{ when: 'watched' }, 'Waiting for a viewer.'],
    [{ when: 'watched', whenPath: '/door' }, 'Waiting for a viewer at /door.'],
    [{ when: 'published' }, 'Waiting for a publication.'],
    [{ when: 'published', whenPath: '/bell' }, 'Waiting for a publication at /bell.'],
    [{ when: 'watched', states: { '/a': 'waiting' } }, 'Waiting for the first picture of /a.'],
    [{ when: 'watched', states: { '/a': 'recording' } }, 'Recording /a now.'],
    [{ states: { '/b': 'recording', '/c': 'recording' } }, 'Recording 2 other paths now.'],
  ] as const)(
    'tell what a recording does or waits for: %j',
    ([{ states, ...more }, text]: readonly [
      Partial<RecordingView> & {
        readonly states?: Readonly<Record<string, 'waiting' | 'recording'>>
      },
      string,
    ]) => {
      const media = Object.entries(states ?? {}).map(([path, state]) => ({
        ...{ path, state, missedPackets: 0 },
      }))
      const plain = { name: 'all', path: '/*', isRunning: true, when: 'always' } as const
      expect(stateText({ ...plain, media, ...more }, '/a')).toBe(text)
    },
  )
})
