import { describe, expect, it } from 'vitest'
import { defaultFilePattern, fileNameOf, isFilePattern } from '../../src/recording/file-pattern.js'
import { nextBoundary, TimeZone } from '../../src/recording/time-zone.js'

const hourMs = 3_600_000
const berlin = new TimeZone('Europe/Berlin')
const utc = new TimeZone('UTC')

describe('names of files', () => {
  it.for([
    ['/live/door', utc, 'live/door/2026-10-25/00-30-00Z.mp4'],
    ['/live/door', berlin, 'live/door/2026-10-25/02-30-00+0200.mp4'],
    ['/a b/../%/.x/Tür.', utc, 'a%20b/%2e%2e/%25/%2ex/Tür%2e/2026-10-25/00-30-00Z.mp4'],
    ['/', utc, '%2f/2026-10-25/00-30-00Z.mp4'],
    [`/${'ü'.repeat(300)}`, utc, `${'ü'.repeat(100)}/2026-10-25/00-30-00Z.mp4`],
  ] as const)('have path and time: %s', ([path, zone, name]) => {
    const facts = { recording: 'all', path, startMs: Date.UTC(2026, 9, 25, 0, 30) }
    expect(fileNameOf(defaultFilePattern, facts, zone)).toBe(name)
  })

  it('never leave their folder, whatever the path is', () => {
    const paths = ['/..', '/../..', '/a/./b', '//', '/\0', '/a\\..\\b', '/..%2f']
    for (const path of paths) {
      const name = fileNameOf(defaultFilePattern, { recording: 'all', path, startMs: 0 }, utc)
      expect(name.split('/').some((part) => ['', '.', '..'].includes(part))).toBe(false)
      expect(name).toMatch(/^[\w%.+-]+(\/[\w%.+-]+)+$/)
    }
  })

  it('fit a file system, whatever the pattern adds to a long path', () => {
    const facts = { recording: 'r'.repeat(64), path: `/${'ü'.repeat(300)}`, startMs: 0 }
    const pattern = '{recording}-{path}-{year}{month}{day}T{hour}{minute}{second}{zone}.mp4'
    const name = fileNameOf(pattern, facts, berlin)
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(245)
    expect(name).toMatch(/^r{64}-ü+-19700101T010000\+0100\.mp4$/)
  })

  it.for([
    [defaultFilePattern, true],
    ['{recording}/{path}-{year}{month}{day}T{hour}{minute}{second}{zone}.mp4', true],
    ['{path}/{day}-{hour}-{minute}-{second}.mkv', false],
    ['{path}/{day}-{hour}-{minute}.mp4', false],
    ['{path}/{week}-{day}-{hour}-{minute}-{second}.mp4', false],
    ['/{path}/{day}-{hour}-{minute}-{second}.mp4', false],
    ['../{path}/{day}-{hour}-{minute}-{second}.mp4', false],
    ['{path}/{day}:{hour}-{minute}-{second}.mp4', false],
  ] as const)('follow a pattern: %s is one: %s', ([pattern, isOne]) => {
    expect(isFilePattern(pattern)).toBe(isOne)
  })
})

describe('round times', () => {
  it.for([
    ['UTC', Date.UTC(2026, 5, 1, 12, 20), 1, Date.UTC(2026, 5, 1, 13)],
    ['UTC', Date.UTC(2026, 5, 1, 12), 1, Date.UTC(2026, 5, 1, 13)],
    ['Europe/Berlin', Date.UTC(2026, 5, 1, 12), 24, Date.UTC(2026, 5, 1, 22)],
    ['Asia/Kolkata', Date.UTC(2026, 5, 1, 12), 1, Date.UTC(2026, 5, 1, 12, 30)],
  ] as const)('count from midnight in %s', ([zone, from, hours, next]) => {
    expect(nextBoundary(from, hours * hourMs, new TimeZone(zone))).toBe(next)
  })

  it('are those of the local clock on both sides of a change of the time', () => {
    const before = Date.UTC(2026, 9, 25, 0, 30)
    expect(berlin.offsetMsAt(before)).toBe(2 * hourMs)
    expect(berlin.offsetMsAt(before + hourMs)).toBe(hourMs)
    expect(nextBoundary(before, hourMs, berlin)).toBe(Date.UTC(2026, 9, 25, 1))
  })

  it('refuse a zone that does not exist', () => {
    expect(() => new TimeZone('Europe/Atlantis')).toThrow('Europe/Atlantis')
  })
})
