import { expect, it } from 'vitest'
import { configInEsds } from '../../src/fmp4/read-esds.js'
import { esds } from '../../src/fmp4/sample-entries.js'

/** Content of the box: the bytes after its size and type. */
const contentOf = (config: Buffer): Buffer => esds(config).subarray(8)

it.for(['1210', '11b056e500', '2b920800'])('finds the configuration %s that was written', (hex) => {
  expect(configInEsds(contentOf(Buffer.from(hex, 'hex'))).toString('hex')).toBe(hex)
})

it('names the descriptor that is missing', () => {
  const content = Buffer.from(contentOf(Buffer.from('1210', 'hex')))
  content[4] = 6
  expect(() => configInEsds(content)).toThrow('esds: expected descriptor 3, got 6')
})
