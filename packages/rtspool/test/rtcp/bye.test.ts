import { expect, test } from 'vitest'
import { parseCompound, serializeBye } from '../../src/rtcp/index.js'

test('a BYE names its sources', { tags: 'A-RTC-4' }, () => {
  const bytes = serializeBye({ type: 'bye', ssrcs: [7] })
  expect(bytes.toString('hex')).toBe('81cb000100000007')
  expect(parseCompound(bytes)).toEqual([{ type: 'bye', ssrcs: [7] }])
})
