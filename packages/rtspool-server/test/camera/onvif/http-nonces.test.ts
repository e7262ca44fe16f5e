import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { HttpNonces } from '../../../src/camera/onvif/http-nonces.js'

describe('HttpNonces', () => {
  it('recognizes a nonce until it expires, however many others follow', () => {
    const clock = new ManualClock()
    const nonces = new HttpNonces(clock, 1000)
    const nonce = nonces.issue()
    for (let at = 0; at < 5000; at++) expect(nonces.issue()).not.toBe(nonce)
    clock.advance(999)
    expect(nonces.isFresh(nonce)).toBe(true)
    clock.advance(1)
    expect(nonces.isFresh(nonce)).toBe(false)
  })

  it('refuses what it has not issued', () => {
    const clock = new ManualClock()
    const nonces = new HttpNonces(clock, 1000)
    const nonce = nonces.issue()
    const later = `f${nonce.slice(1)}`
    for (const each of ['', 'nonce', nonce.slice(2), `${nonce}00`, later]) {
      expect(nonces.isFresh(each)).toBe(false)
    }
    expect(nonces.isFresh(new HttpNonces(clock, 1000).issue())).toBe(false)
  })
})
