import { describe, expect, it } from 'vitest'
import { ChannelTable } from '../../../src/transport/tcp/channel-table.js'

const ignore = () => {}

describe('ChannelTable', () => {
  it.each([
    ['what the client asked for', [4, 5], [4, 5]],
    ['an odd pair', [7, 8], [7, 8]],
    ['the last pair', [254, 255], [254, 255]],
    ['the first free pair without a wish', undefined, [0, 1]],
    ['another pair instead of one that does not exist', [255, 256], [0, 1]],
    ['another pair instead of one channel twice', [3, 3], [0, 1]],
  ] as const)('takes %s', (_name, preferred, taken) => {
    expect(new ChannelTable().take(preferred, ignore, ignore)).toEqual(taken)
  })

  it('never assigns a channel twice', { tags: 'A-SET-7' }, () => {
    const table = new ChannelTable()
    expect(table.take([1, 2], ignore, ignore)).toEqual([1, 2])
    expect(table.take([2, 3], ignore, ignore)).toEqual([4, 5])
    expect(table.take([0, 1], ignore, ignore)).toEqual([6, 7])
    expect(table.size).toBe(6)
  })

  it('has 128 pairs, and reuses a released one', () => {
    const table = new ChannelTable()
    for (let pair = 0; pair < 128; pair++)
      expect(table.take(undefined, ignore, ignore)).toBeDefined()
    expect(table.take(undefined, ignore, ignore)).toBeUndefined()
    table.release([100, 101])
    expect(table.take([0, 1], ignore, ignore)).toEqual([100, 101])
  })

  it('passes frames to the receiver of their channel, and counts the others', () => {
    const table = new ChannelTable()
    const heard: string[] = []
    const pair = table.take(
      [0, 1],
      (payload) => heard.push(`rtp ${payload}`),
      (payload) => heard.push(`rtcp ${payload}`),
    )
    table.dispatch(0, Buffer.from('a'))
    table.dispatch(1, Buffer.from('b'))
    table.dispatch(2, Buffer.from('c'))
    if (pair) table.release(pair)
    table.dispatch(0, Buffer.from('d'))
    expect([heard, table.unknownChannelFrames, table.size]).toEqual([['rtp a', 'rtcp b'], 2, 0])
  })
})
