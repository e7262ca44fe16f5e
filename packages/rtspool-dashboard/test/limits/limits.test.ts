import { describe, expect, it } from 'vitest'
import { ApiClient } from '../../src/api/api-client.js'
import { applyLimits, saveLimits } from '../../src/limits/change-limits.js'
import { changedLimits, keyOfLimit, sourceText } from '../../src/limits/limit-fields.js'
import { json, scriptedFetch } from '../api/scripted-fetch.js'

describe('limits', () => {
  it('that differ are changed, those whose field is empty are not', () => {
    const limits = { maxSessions: 1000, maxLifetime: 0, maxConnections: 5 }
    const fields = { maxSessions: '20', maxLifetime: '0', maxConnections: ' ' }
    expect(changedLimits(limits, fields)).toEqual({ maxSessions: 20 })
  })

  it('are looked up in the configuration', () => {
    const key = {
      key: 'limits.maxSessions',
      source: '--max-sessions',
      overriddenBy: '--max-sessions',
    }
    expect(keyOfLimit({ keys: [key] }, 'maxSessions')).toBe(key)
    expect(keyOfLimit(undefined, 'maxSessions')).toBeUndefined()
  })

  it.each([
    ['limits.maxSessions', undefined, 'The default'],
    ['rtspool.yml:4:16: limits.maxSessions', undefined, 'From rtspool.yml:4:16'],
    [
      '--max-sessions',
      '--max-sessions',
      '--max-sessions fixes the value: a saved one has no effect.',
    ],
  ])('say that %s gives the value', (source, by, text) => {
    const key = { key: 'limits.maxSessions', source, ...(by && { overriddenBy: by }) }
    expect(sourceText(key)).toBe(text)
  })

  it.each([
    ['limits.maxSessions', 'Not 20, as the default says'],
    ['rtspool.yml:3:16: limits.maxSessions', 'Not 20, as rtspool.yml:3:16 says'],
  ])('say that another value holds than that of %s', (source, text) => {
    const key = { key: 'limits.maxSessions', source, value: 20, valueInUse: 30 }
    expect(sourceText(key)).toBe(text)
    expect(sourceText({ key: 'limits.maxSessions', source: 'limits.maxSessions' })).toBe(
      'The default',
    )
  })

  it('change without the file', async () => {
    const { send, requests } = scriptedFetch(json({}))
    const client = new ApiClient('t', { send })
    expect(await applyLimits(client, { maxSessions: 2 })).toBe('Changed until the server restarts.')
    expect(requests).toEqual(['PATCH /v1/limits Bearer t {"maxSessions":2}'])
  })

  it('are saved, with a word about those that something else fixes', async () => {
    const overridden = [{ key: 'limits.maxLifetime', by: 'RTSPOOL_LIMITS_MAX_LIFETIME' }]
    const { send, requests } = scriptedFetch(json({ file: 'rtspool.yml', overridden }), json({}))
    const limits = { maxSessions: 2, maxLifetime: 60 }
    expect(await saveLimits(new ApiClient('t', { send }), limits)).toBe(
      'Saved in rtspool.yml. limits.maxLifetime stays as it is: RTSPOOL_LIMITS_MAX_LIFETIME fixes it.',
    )
    expect(requests).toEqual([
      'PATCH /v1/config Bearer t {"changes":{"limits.maxSessions":2,"limits.maxLifetime":60}}',
      'PATCH /v1/limits Bearer t {"maxSessions":2}',
    ])
  })
})
