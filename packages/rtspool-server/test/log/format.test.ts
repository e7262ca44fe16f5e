import { describe, expect, it } from 'vitest'
import { createLog } from '../../src/log/format.js'

/** Everything that a terminal, or what reads line by line, obeys; then what is to be left as it is. */
const controls = String.fromCharCode(
  ...Array.from({ length: 0x20 }, (_, code) => code),
  ...Array.from({ length: 0x21 }, (_, code) => 0x7f + code),
  ...[0x2028, 0x2029],
)
const plain = '/türe/\u65e5\u672c/\u{1f600}'

/** What is written of one event. */
function written(isTerminal: boolean, ...event: [facts: object, message: string]): string {
  let text = ''
  const log = createLog('info', isTerminal ? 'pretty' : 'json', isTerminal, (chunk) => {
    text += chunk
  })
  log.info(...event)
  return text
}

describe('an event', { tags: 'B-LOG' }, () => {
  it.each([false, true])('is one line whatever a peer sends; on a terminal: %s', (isTerminal) => {
    const text = written(isTerminal, { path: controls, user: plain }, 'access refused')
    // Colours are ours, where there are any.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a colour begins with one
    const uncoloured = text.replace(/\u001b\[\d+m/g, '')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(uncoloured).toMatch(/^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+\n$/)
    expect(uncoloured).toContain(plain)
    expect(uncoloured).toContain(String.raw`\u009b`)
  })

  it('in JSON contains the text of the peer', () => {
    expect(JSON.parse(written(false, { path: controls }, 'x'))).toMatchObject({ path: controls })
  })

  it('has texts of at most 256 characters', () => {
    const long = 'a'.repeat(65_536)
    const err = Object.assign(new Error(long), { code: long })
    const line = written(false, { path: long, short: 'b'.repeat(256), err }, 'request failed')
    const logged = JSON.parse(line)
    expect(logged.path).toBe(`${'a'.repeat(255)}…`)
    expect(logged.short).toBe('b'.repeat(256))
    expect([logged.err.message.length, logged.err.code.length]).toEqual([256, 256])
    expect(line.length).toBeLessThan(8192)
  })

  it('in JSON has the name of its level and the time in ISO 8601', () => {
    const before = Date.now()
    const { level, time } = JSON.parse(written(false, {}, 'x'))
    expect(level).toBe('info')
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(Date.parse(time)).toBeGreaterThanOrEqual(before)
  })

  it('for people has the level, and the time of the day', () => {
    expect(written(true, {}, 'x')).toMatch(/\d\d:\d\d:\d\d\.\d{3}.* .*INFO.*x/)
  })

  it('logs message and place of an error, and the value of a thrown non-error', () => {
    const err = new RangeError('too far')
    expect(JSON.parse(written(false, { err }, 'request failed')).err).toEqual({
      type: 'RangeError',
      message: 'too far',
      stack: err.stack,
    })
    expect(JSON.parse(written(false, { err: 'a word' }, 'request failed')).err).toBe('a word')
  })
})
