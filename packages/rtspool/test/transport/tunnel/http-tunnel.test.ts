import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { HttpTunnelInput } from '../../../src/transport/tunnel/http-tunnel.js'
import { nextTurn } from '../../support/until.js'

const fakePost = () =>
  new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() }) as unknown as Socket

const base64 = (text: string) => Buffer.from(Buffer.from(text).toString('base64'))

describe('HttpTunnelInput', () => {
  it.each(['end', 'destroy'] as const)(
    'closes a POST after its %s, and an open one too',
    { tags: 'B-TUN' },
    async (how) => {
      const input = new HttpTunnelInput()
      const errors: unknown[] = []
      input.on('error', (error) => errors.push(error))
      const [open, late] = [fakePost(), fakePost()]
      input.attach(open, base64('abc'))
      input[how]()
      input[how]()
      open.emit('data', base64('def'))
      input.attach(late, base64('ghi'))
      await nextTurn()
      expect([open.destroyed, late.destroyed, input.hasPost]).toEqual([true, true, false])
      expect([input.hasEnded, errors]).toEqual([true, []])
    },
  )

  it('delivers bytes received before its end', async () => {
    const input = new HttpTunnelInput()
    input.attach(fakePost(), base64('abc'))
    input.end()
    let text = ''
    for await (const chunk of input) text += chunk
    expect(text).toBe('abc')
  })

  it('delivers all pieces that nobody has read from the socket before its end', async () => {
    const input = new HttpTunnelInput()
    const post = fakePost()
    input.attach(post, base64('abc'))
    post.pause()
    for (const text of ['def', 'ghi', 'jkl']) post.push(base64(text))
    input.end()
    let text = ''
    for await (const chunk of input) text += chunk
    expect(text).toBe('abcdefghijkl')
  })
})
