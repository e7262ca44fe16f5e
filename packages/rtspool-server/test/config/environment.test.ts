import { describe, expect, it } from 'vitest'
import { takeEnvironment } from '../../src/config/environment.js'

describe('variables of the process', () => {
  it('lose those of the command, which may be secrets', { tags: 'B-SECR' }, () => {
    const variables = { RTSPOOL_USERS: 'ann:secret', PATH: '/bin' }
    expect(takeEnvironment(variables)).toEqual({ RTSPOOL_USERS: 'ann:secret', PATH: '/bin' })
    expect(variables).toEqual({ PATH: '/bin' })
  })
})
