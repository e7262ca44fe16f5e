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
