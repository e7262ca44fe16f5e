import { NodeIdCodec } from 'rtspool/cluster'
import { expect, it } from 'vitest'
import { idKeysOf } from '../../src/cluster/id-keys.js'

const [first, second] = ['a first secret of ids', 'a second secret of ids']

it('derives no key without a secret', () => {
  expect(idKeysOf([])).toBeUndefined()
})

it('derives keys with which another server reads ids, also of a secret before', () => {
  const made = new NodeIdCodec(idKeysOf([first]) ?? [], () => '0a1b2c3d').createId()
  const tagBy = (secrets: readonly string[]) =>
    new NodeIdCodec(idKeysOf(secrets) ?? [], () => '00000000').tagOf(made)
  expect([tagBy([first]), tagBy([second, first]), tagBy([second])]).toEqual([
    '0a1b2c3d',
    '0a1b2c3d',
    undefined,
  ])
})
