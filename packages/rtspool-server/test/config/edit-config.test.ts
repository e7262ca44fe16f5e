import { describe, expect, it } from 'vitest'
import { parseConfigFile } from '../../src/config/config-file.js'
import { editConfig } from '../../src/config/save/edit-config.js'

const edited = (text: string, key: string, value: unknown) =>
  editConfig(parseConfigFile('a.yml', text), [{ path: key.split('.'), value }]).text

describe('a changed file', () => {
  it.each([
    [
      'a value, with its comments',
      '# top\n\nlimits:\n  # the most\n  maxSessions: 10 # few\n  maxLifetime: 5\n\n# end\n',
      'limits.maxSessions',
      20,
      '# top\n\nlimits:\n  # the most\n  maxSessions: 20 # few\n  maxLifetime: 5\n\n# end\n',
    ],
    [
      'a new key',
      'limits:\n  maxLifetime: 5\n',
      'limits.maxSessions',
      1,
      'limits:\n  maxLifetime: 5\n  maxSessions: 1\n',
    ],
    [
      'a new section',
      'testPicture: false\n',
      'limits.maxSessions',
      1,
      'testPicture: false\nlimits:\n  maxSessions: 1\n',
    ],
    ['an empty file', '', 'limits.maxSessions', 1, 'limits:\n  maxSessions: 1\n'],
    [
      'a list',
      'publish:\n  paths: [/a]\n',
      'publish.paths',
      ['/a', '/b/*'],
      'publish:\n  paths:\n    - /a\n    - /b/*\n',
    ],
    [
      'text that looks like a number',
      'auth: {}\n',
      'auth.realm',
      '0123',
      'auth: { realm: "0123" }\n',
    ],
    [
      'a name that the file writes as a number',
      'users:\n  1: a # first\n  2: b\n',
      'users.1',
      'c',
      'users:\n  1: c # first\n  2: b\n',
    ],
    [
      'no name, written as a number and in quotes',
      'users:\n  1: a\n  2: b\n  "1": c\n',
      'users.1',
      undefined,
      'users:\n  2: b\n',
    ],
    [
      'no key',
      'limits:\n  maxSessions: 1\n  maxLifetime: 5\n',
      'limits.maxSessions',
      undefined,
      'limits:\n  maxLifetime: 5\n',
    ],
  ])('has %s', (_, text, key, value, expected) => {
    expect(edited(text, key, value)).toBe(expected)
  })

  it.each([
    [
      'an alias, with its comments',
      'limits:\n  maxSessions: &n 10 # few\n  # as many\n  maxSessionsPerPath: *n # for now\n',
      'limits.maxSessionsPerPath',
      20,
      'limits:\n  maxSessions: &n 10 # few\n  # as many\n  maxSessionsPerPath: 20 # for now\n',
    ],
    [
      'no alias',
      'limits:\n  maxSessions: &n 10\n  maxSessionsPerPath: *n\n',
      'limits.maxSessionsPerPath',
      undefined,
      'limits:\n  maxSessions: &n 10\n',
    ],
    [
      'a value with an anchor that nothing refers to',
      'limits:\n  maxSessions: &n 10 # few\n',
      'limits.maxSessions',
      20,
      'limits:\n  maxSessions: &n 20 # few\n',
    ],
    [
      'a key beside an alias',
      'limits: { maxSessions: &n 10, maxSessionsPerPath: *n, maxLifetime: 5 } # three\n',
      'limits.maxLifetime',
      6,
      'limits: { maxSessions: &n 10, maxSessionsPerPath: *n, maxLifetime: 6 } # three\n',
    ],
    [
      'a whole value in place of an alias of another one',
      'paths: { /a: &a { file: a.mp4 }, /b: *a }\n',
      'paths./b',
      { file: 'b.mp4' },
      'paths: { /a: &a { file: a.mp4 }, /b: { file: b.mp4 } }\n',
    ],
  ])('has %s', (_, text, key, value, expected) => {
    expect(edited(text, key, value)).toBe(expected)
  })

  it.each([
    [
      'a value that others refer to',
      'limits: { maxSessions: &n 10, maxLifetime: *n }\n',
      'limits.maxSessions',
      5,
    ],
    [
      'a value that others refer to, removed',
      'limits: { maxSessions: &n 10, maxLifetime: *n }\n',
      'limits.maxSessions',
      undefined,
    ],
    [
      'a list that others refer to',
      'publish: { paths: &p [/a] }\nother: { paths: *p }\n',
      'publish.paths',
      ['/b'],
    ],
    [
      'a section that others refer to',
      'limits: &l { maxSessions: 10 }\nother: *l\n',
      'limits.maxSessions',
      5,
    ],
    ['a key of an alias', 'other: &l { maxSessions: 10 }\nlimits: *l\n', 'limits.maxSessions', 5],
    [
      'a new key of an alias',
      'other: &l { maxSessions: 10 }\nlimits: *l\n',
      'limits.maxLifetime',
      5,
    ],
    [
      'no key of an alias',
      'other: &l { maxSessions: 10 }\nlimits: *l\n',
      'limits.maxSessions',
      undefined,
    ],
  ])('is refused whole for %s', (_, text, key, value) => {
    const file = parseConfigFile('a.yml', text)
    const changes = [
      { path: ['log', 'level'], value: 'debug' },
      { path: key.split('.'), value },
    ]
    expect(() => editConfig(file, changes)).toThrow(
      /^a\.yml:\d+:\d+: \w+\.\w+ cannot be changed alone: an alias/,
    )
    expect(() => editConfig(file, changes)).toThrow(key)
  })

  it('keeps the comments of a section that had no keys', () => {
    const text = 'limits:\n  # maxSessions: 1000\nlog:\n  level: info\n'
    const after = edited(text, 'limits.maxSessions', 5)
    expect(after).toContain('# maxSessions: 1000')
    expect(parseConfigFile('a.yml', after).tree).toEqual({
      limits: { maxSessions: 5 },
      log: { level: 'info' },
    })
  })
})
