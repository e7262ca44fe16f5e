import { expect, it } from 'vitest'
import { environmentOf } from '../../../src/sources/exec/exec-plan.js'
import { execPlan } from './exec-scene.js'

it('a program gets some variables of the server, those that are named, and its own', () => {
  const own = {
    ...{ PATH: '/bin', HOME: '/root', LC_TIME: 'C', SECRET: 'canary', TOKEN: 't', NAME: undefined },
  }
  const plan = execPlan({
    environment: { DISPLAY: ':0', PATH: '/opt' },
    passEnvironment: ['TOKEN'],
  })
  expect(environmentOf(plan, own)).toEqual({
    ...{ PATH: '/opt', HOME: '/root', LC_TIME: 'C', TOKEN: 't', DISPLAY: ':0' },
    RTSPOOL_PATH: '/cam',
  })
})
