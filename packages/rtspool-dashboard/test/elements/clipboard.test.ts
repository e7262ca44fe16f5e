import { afterEach, describe, expect, it, vi } from 'vitest'
import { copyText } from '../../src/elements/clipboard.js'

describe('a copy of a text', () => {
  afterEach(() => void vi.unstubAllGlobals())

  it('is in the clipboard', async () => {
    const writeText = vi.fn(async () => {})
    vi.stubGlobal('navigator', { clipboard: { writeText } })
    expect(await copyText('rtsp://a/b', 'Copied.')).toBe('Copied.')
    expect(writeText).toHaveBeenCalledWith('rtsp://a/b')
  })

  it.each([
    ['is refused', { clipboard: { writeText: () => Promise.reject(new Error('denied')) } }],
    ['has no clipboard', {}],
  ])('is no failure of the page where the browser %s', async (_name, navigator) => {
    vi.stubGlobal('navigator', navigator)
    expect(await copyText('a', 'Copied.')).toContain('select the text instead')
  })
})
