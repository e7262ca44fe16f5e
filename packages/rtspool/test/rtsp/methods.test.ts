import { describe, expect, it } from 'vitest'
import { isRtspMethod, rtspMethods } from '../../src/rtsp/methods.js'

describe('methods', () => {
  it('are known as spelled, and no others', { tags: ['A-MSG-1', 'A-MSG-2'] }, () => {
    expect(rtspMethods.every(isRtspMethod)).toBe(true)
    expect(['options', 'FOO', 'PLAY_NOTIFY', ''].some(isRtspMethod)).toBe(false)
  })
})
