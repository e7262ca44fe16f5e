import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { limitHosts } from '../../src/access/host-limit.js'

/** A socket of a remote host, as far as the limit looks at it. */
class FakeSocket extends EventEmitter {
  readonly remoteAddress: string
  isOpen = true

  constructor(remoteAddress: string) {
    super()
    this.remoteAddress = remoteAddress
  }

  destroy(): void {
    this.isOpen = false
    this.emit('close')
  }
}

function limited(max: number) {
  const server = new EventEmitter()
  limitHosts(server as unknown as Parameters<typeof limitHosts>[0], max)
  return (address: string) => {
    const socket = new FakeSocket(address)
    server.emit('connection', socket)
    return socket
  }
}

describe('connections of one host', () => {
  it('are limited, and leave a place free when one ends', () => {
    const connect = limited(2)
    const [first, , third] = [1, 2, 3].map(() => connect('192.0.2.1'))
    expect([first?.isOpen, third?.isOpen]).toEqual([true, false])
    expect(connect('192.0.2.2').isOpen).toBe(true)
    first?.destroy()
    expect(connect('192.0.2.1').isOpen).toBe(true)
    expect(connect('192.0.2.1').isOpen).toBe(false)
  })

  it('are counted together for an IPv6 network of 64 bits', () => {
    const connect = limited(1)
    expect(connect('2001:db8::1').isOpen).toBe(true)
    expect(connect('2001:db8::2').isOpen).toBe(false)
    expect(connect('2001:db8:0:1::1').isOpen).toBe(true)
  })

  it('have no limit of 0', () => {
    const connect = limited(0)
    expect([connect('192.0.2.1').isOpen, connect('192.0.2.1').isOpen]).toEqual([true, true])
  })

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('have no limit for %s', (address) => {
    const connect = limited(1)
    expect([connect(address).isOpen, connect(address).isOpen]).toEqual([true, true])
  })
})
