import { describe, expect, it } from 'vitest'
import { endingOf, missingText } from '../../src/live/words.js'

describe('words of a live player', () => {
  it('explains the end of a session, and tries again unless that is useless', () => {
    expect(endingOf(4403, 'kicked')).toEqual({
      text: 'An operator has ended your session.',
      isFinal: true,
    })
    expect(endingOf(4410, 'mediaEnded').isFinal).toBe(false)
    expect(endingOf(1006, '').text).toBe('The connection to the server has broken off.')
    expect(endingOf(4400, 'filtered').text).toBe('The server has ended the stream (filtered).')
    expect(endingOf(4400, '').text).toBe('The server has ended the stream (4400).')
  })

  it('names the parts that do not play, here or in any browser', () => {
    const hevc = { id: 0, kind: 'video', mime: 'video/mp4; codecs="hvc1.1.6.L93.90"' } as const
    expect(missingText([hevc], [{ kind: 'audio', encoding: 'G722' }])).toBe(
      'This browser cannot play the picture, which is H.265. ' +
        'The sound is G722, which browsers cannot play.',
    )
    expect(missingText([], [])).toBe('')
  })
})
