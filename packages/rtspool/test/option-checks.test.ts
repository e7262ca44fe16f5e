import { describe, expect, it } from 'vitest'
import { checkOptions, isRecord, kindOf, shown } from '../src/option-checks.js'

describe('shown', () => {
  it.each([
    ['8554', "'8554'"],
    [8554, '8554'],
    [Number.NaN, 'NaN'],
    [undefined, 'undefined'],
    [null, 'null'],
    [[1, [2]], '[ 1, [Array] ]'],
    [{ a: { b: 1 } }, '{ a: [Object] }'],
    ['it\'s\n"so"', `\`it's\\n"so"\``],
  ])('%j is %s', (value, text) => {
    expect(shown(value)).toBe(text)
  })

  it.each([
    ['a long string', 'x'.repeat(1e6)],
    ['a long list', Array.from({ length: 1e4 }, () => 'word')],
    ['many members', Object.fromEntries(Array.from({ length: 999 }, (_, at) => [`m${at}`, at]))],
  ])('shows the beginning of %s', (_name, value) => {
    expect(shown(value).length).toBeLessThan(180)
  })
})

it('kindOf returns the type of a value without its contents', () => {
  class Camera {
    key = 'secret'
  }
  const values = ['secret', null, undefined, new Map(), [1], { a: 1 }, new Camera(), () => {}]
  expect(values.map(kindOf)).toEqual([
    'string',
    'null',
    'undefined',
    'Map',
    'Array',
    'object',
    'Camera',
    'function',
  ])
  expect(kindOf(Object.create(null))).toBe('object')
})

it('isRecord is true for objects with named members', () => {
  expect([{}, Object.create(null), new (class {})()].every(isRecord)).toBe(true)
  for (const value of [null, undefined, 1, '', [], new Map(), new Set(), Promise.resolve()]) {
    expect(isRecord(value)).toBe(false)
  }
})

describe('checkOptions', () => {
  const known = ['port', 'host', 'maxSessions', 'maxSessionsPerUser', 'multicast']
  const check = (options: unknown) => () => checkOptions('Thing', options, known)

  it.each([
    ['prot', 'port'],
    ['Port', 'port'],
    ['hots', 'host'],
    ['maxSession', 'maxSessions'],
    ['maxSessionPerUser', 'maxSessionsPerUser'],
    ['maxsessionsperuser', 'maxSessionsPerUser'],
    ['multiCast', 'multicast'],
  ])('given %s suggests %s', (wrong, meant) => {
    expect(check({ [wrong]: 1 })).toThrow(TypeError)
    expect(check({ [wrong]: 1 })).toThrow(
      `Thing has no option '${wrong}': did you mean '${meant}'?`,
    )
  })

  it.each(['timeout', 'x', 'p', 'constructor', 'toString'])(
    'given %s without a similar name, lists the known ones',
    (wrong) => {
      const message = `Thing has no option '${wrong}': there are port, host,`
      expect(check({ [wrong]: 1 })).toThrow(message)
    },
  )

  it('ignores members that are undefined', () => {
    expect(check({ prot: undefined, port: undefined })).not.toThrow()
  })

  it.each([
    [5, 'number'],
    ['text', 'string'],
    [null, 'null'],
    [[], 'Array'],
    [new Map([['a', 'b']]), 'Map'],
    [() => {}, 'function'],
  ])('refuses %j as options', (options, kind) => {
    expect(check(options)).toThrow(TypeError)
    expect(check(options)).toThrow(`the options of Thing must be an object, got ${kind}`)
  })
})
