import { describe, expect, it } from 'vitest'
import { redactedUrl, withoutSecrets } from '../../src/relay/redaction.js'

describe('redactedUrl', () => {
  it.each([
    ['rtsp://user:word@host/cam', 'rtsp://host/cam'],
    ['rtsp://host/cam?channel=1&password=word', 'rtsp://host/cam?channel=1&password=***'],
    [
      'rtsp://host/user=admin_password=word_channel=1',
      'rtsp://host/user=***_password=***_channel=1',
    ],
    ['rtsp://host/cam?token=a&key=b', 'rtsp://host/cam?token=***&key=***'],
    ['no url', 'an invalid URL'],
  ])('shows %s as %s', (url, shown) => {
    expect(redactedUrl(url)).toBe(shown)
  })
})

describe('withoutSecrets', () => {
  it('hides what a peer repeats, also percent-encoded', () => {
    expect(withoutSecrets('401 "bad p@ssword, p%40ssword"', ['p@ssword'])).toBe(
      '401 "bad ***, ***"',
    )
  })

  it('does not look for texts that are too short', () => {
    expect(withoutSecrets('a bad answer', ['a'])).toBe('a bad answer')
  })
})
