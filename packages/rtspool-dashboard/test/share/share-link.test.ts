import { describe, expect, it } from 'vitest'
import { shareConnection } from '../../src/share/share-link.js'

const secret = `share_${'x'.repeat(43)}`

describe('the address of a share link', () => {
  it.each([
    ['http:', 'cameras.example:9000', 'ws://cameras.example:9000/'],
    ['https:', 'cameras.example', 'wss://cameras.example/'],
  ])('with %s names the WebSocket', (protocol, host, url) => {
    expect(shareConnection({ protocol, host, hash: `#${secret}` })).toEqual({
      ...{ url, protocols: ['rtspool.live', `share.${secret}`] },
    })
  })

  it.each(['', '#', '#share_short', `#${secret}x`, `#ticket.${secret}`])(
    'with the fragment %j is not complete',
    (hash) => {
      expect(shareConnection({ protocol: 'http:', host: 'a', hash })).toBeUndefined()
    },
  )
})
