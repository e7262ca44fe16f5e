import { describe, expect, it } from 'vitest'
import { parseConfigFile, readConfigFile } from '../../src/config/config-file.js'
import { loadText, mistakesOf } from './config-text.js'

const mistakesIn = (text: string) => mistakesOf(() => parseConfigFile('a.yml', text))

describe('YAML that is none', () => {
  it.each([
    [
      'a tab',
      'limits:\n\tmaxSessions: 5\n',
      /^a\.yml:2:1 is no YAML: a tab cannot indent, use spaces/,
    ],
    [
      'a key twice',
      'log: {}\nlog: {}\n',
      /^a\.yml:2:1 is no YAML: the key stands here a second time/,
    ],
    ['two documents', 'log: {}\n---\nlog: {}\n', /^a\.yml:2:1 is no YAML: a second document/],
    ['an open quote', 'log: { level: "info }\n', /^a\.yml:\d+:\d+ is no YAML: /],
    ['a tag', 'log: { level: !secret info }\n', /^a\.yml:1:15 is no YAML: tags such as !name/],
    [
      'a number like octal',
      'rtsp: { port: 0554 }\n',
      /^a\.yml:1:15 a number cannot begin with 0, got 0554/,
    ],
    ['a list', '- limits\n', /^a\.yml:1:1 must have keys such as limits:/],
    ['a word', 'limits\n', /^a\.yml:1:1 must have keys such as limits:/],
    ['an anchor that is missing', 'log: *nobody\n', /^a\.yml.*nobody/],
  ])('such as %s is named with its place', (_, text, message) => {
    expect(mistakesIn(text)).toEqual([expect.stringMatching(message)])
  })

  it('has all its places named', () => {
    expect(mistakesIn('a: !x 1\nb: !y 2\nc: 007\n')).toHaveLength(3)
  })

  it('cannot grow without bound by aliases', { tags: 'B-BIG' }, () => {
    const uses = Array.from({ length: 200 }, () => '*a').join(', ')
    expect(mistakesIn(`a: &a [1]\nb: [${uses}]\n`)).toEqual([
      expect.stringMatching(/^a\.yml:2:\d+ has more than 100 aliases such as \*a/),
    ])
  })

  it('may have a few aliases, whose mistakes are named where they stand', () => {
    const text = 'rtsp: &r { host: 127.0.0.1 }\ntls: *r\n'
    expect(loadText(text).config.tls.host).toBe('127.0.0.1')
  })
})

describe('a file', () => {
  it.each(['/nowhere/rtspool.yml', '/'])('such as %s that cannot be read is named', (name) => {
    expect(mistakesOf(() => readConfigFile(name))).toEqual([
      expect.stringMatching(`^${name} cannot be read: E`),
    ])
  })
})
