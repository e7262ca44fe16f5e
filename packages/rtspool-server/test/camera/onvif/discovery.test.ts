import type { Socket } from 'node:dgram'
import { EventEmitter } from 'node:events'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import {
  Discovery,
  discoveryPort,
  maxAnswersASecond,
  maxDatagramBytes,
} from '../../../src/camera/onvif/discovery.js'
import type { NetworkInterfaces } from '../../../src/camera/onvif/own-addresses.js'

const probe = (spaces = 0): Buffer =>
  Buffer.from(
    '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Header><MessageID>urn:uuid:5' +
      '</MessageID></e:Header><e:Body><Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery"/>' +
      `</e:Body>${' '.repeat(spaces)}</e:Envelope>`,
  )

const entry = (address: string, netmask: string) => ({
  ...{ address, netmask, family: 'IPv4' as const, mac: '', internal: false, cidr: null },
})

/** A socket without network, which refuses what `dgram` refuses. */
class FakeSocket extends EventEmitter {
  readonly joined: (string | undefined)[] = []
  readonly sent: { readonly text: string; readonly port: number; readonly to: string }[] = []
  readonly refused: readonly string[]
  /** Own address to which the socket is bound. */
  bound = ''
  isClosed = false
  isBroken = false

  constructor(refused: readonly string[]) {
    super()
    this.refused = refused
  }

  bind(_port: number, address: string, done: () => void): void {
    this.bound = address
    done()
  }

  addMembership(_group: string, address?: string): void {
    if (address !== undefined && this.refused.includes(address)) {
      throw new Error('addMembership ENODEV')
    }
    this.joined.push(address)
  }

  setMulticastInterface(): void {}
  setMulticastTTL(): void {}

  send(text: string, port: number, to: string, done?: () => void): void {
    if (this.isBroken) throw new Error('Not running')
    if (port === 0) throw new RangeError('Port should be > 0 and < 65536. Received 0.')
    this.sent.push({ text, port, to })
    done?.()
  }

  close(done?: () => void): void {
    this.isClosed = true
    done?.()
  }
}

const twoOnOne: NetworkInterfaces = {
  eth0: [entry('192.0.2.1', '255.255.255.0'), entry('198.51.100.1', '255.255.255.0')],
  eth1: [entry('10.0.0.1', '255.0.0.0')],
}

/** A device on fake sockets. */
class Scene {
  readonly clock = new ManualClock()
  readonly sockets: FakeSocket[] = []
  readonly discovery: Discovery

  constructor(host = '0.0.0.0', refused: readonly string[] = []) {
    this.discovery = new Discovery({
      ...{ host, uuid: 'uuid', servicePort: 8000, path: '/device', instanceId: 7 },
      clock: this.clock,
      system: {
        createSocket: () => {
          const socket = new FakeSocket(refused)
          this.sockets.push(socket)
          return socket as unknown as Socket
        },
        networkInterfaces: () => twoOnOne,
      },
    })
  }

  get listener(): FakeSocket {
    return this.sockets[0] as FakeSocket
  }

  get senders(): FakeSocket[] {
    return this.sockets.slice(1)
  }

  get answers(): FakeSocket['sent'] {
    return this.senders.flatMap(({ sent }) =>
      sent.filter(({ text }) => text.includes('ProbeMatch')),
    )
  }

  receive(datagram: Buffer, address: string, port: number): void {
    this.listener.emit('message', datagram, { address, port })
  }
}

describe('answers of WS-Discovery', () => {
  it('name the address in the network of the asker', async () => {
    const scene = new Scene()
    await scene.discovery.open()
    scene.receive(probe(), '198.51.100.9', 4000)
    const [answer] = scene.answers
    expect(answer).toMatchObject({ port: 4000, to: '198.51.100.9' })
    expect(answer?.text).toContain('http://198.51.100.1:8000/device')
  })

  it('leave out a datagram without a source port, and others follow', async () => {
    const scene = new Scene()
    await scene.discovery.open()
    scene.receive(probe(), '192.0.2.9', 0)
    expect(scene.answers).toEqual([])
    scene.receive(probe(), '192.0.2.9', 4000)
    expect(scene.answers).toHaveLength(1)
  })

  it('end nothing if a socket cannot send', async () => {
    const scene = new Scene()
    await scene.discovery.open()
    for (const sender of scene.senders) sender.isBroken = true
    scene.receive(probe(), '192.0.2.9', 4000)
    expect(scene.answers).toEqual([])
  })

  it('stay in own networks', async () => {
    const scene = new Scene()
    await scene.discovery.open()
    scene.receive(probe(), '203.0.113.9', 4000)
    expect(scene.answers).toEqual([])
  })

  it('stay in the network of the one address that is given', async () => {
    const scene = new Scene('192.0.2.1')
    await scene.discovery.open()
    expect(scene.senders.map(({ bound }) => bound)).toEqual(['192.0.2.1'])
    scene.receive(probe(), '198.51.100.9', 4000)
    expect(scene.answers).toEqual([])
  })

  it('leave out datagrams that are too long', async () => {
    const scene = new Scene()
    await scene.discovery.open()
    const longest = maxDatagramBytes - probe().length
    scene.receive(probe(longest + 1), '192.0.2.9', 4000)
    expect(scene.answers).toEqual([])
    scene.receive(probe(longest), '192.0.2.9', 4000)
    expect(scene.answers).toHaveLength(1)
  })

  it('have a limit for each second', async () => {
    const scene = new Scene()
    await scene.discovery.open()
    const ask = (): void => {
      for (let at = 0; at < 2 * maxAnswersASecond; at++) scene.receive(probe(), '192.0.2.9', 4000)
    }
    ask()
    expect(scene.answers).toHaveLength(maxAnswersASecond)
    scene.clock.advance(999)
    ask()
    expect(scene.answers).toHaveLength(maxAnswersASecond)
    scene.clock.advance(1)
    ask()
    expect(scene.answers).toHaveLength(2 * maxAnswersASecond)
  })
})

describe('the group of WS-Discovery', () => {
  it('is joined once on an interface with two addresses, which both greet', async () => {
    const scene = new Scene()
    await scene.discovery.open()
    expect(scene.listener.joined).toEqual(['192.0.2.1', '10.0.0.1'])
    const greetings = scene.senders.map(({ sent: [first] }) => first)
    expect(greetings.map((each) => each?.port)).toEqual(Array(3).fill(discoveryPort))
    expect(scene.senders.map(({ bound }) => bound)).toEqual([
      ...['192.0.2.1', '198.51.100.1', '10.0.0.1'],
    ])
    await scene.discovery.close()
    expect(scene.sockets.every(({ isClosed }) => isClosed)).toBe(true)
  })

  it('is left out by an interface that cannot join', async () => {
    const scene = new Scene('0.0.0.0', ['192.0.2.1'])
    await scene.discovery.open()
    expect(scene.senders.map(({ bound }) => bound)).toEqual(['10.0.0.1'])
  })

  it.each([
    ['0.0.0.0', '192.0.2.1: addMembership ENODEV, 10.0.0.1: addMembership ENODEV'],
    ['192.0.2.77', 'no interface has the IPv4 address 192.0.2.77'],
  ])('needs one interface of %s that can join', async (host, reason) => {
    const scene = new Scene(host, ['192.0.2.1', '10.0.0.1'])
    await expect(scene.discovery.open()).rejects.toThrow(
      `WS-Discovery cannot join 239.255.255.250 (${reason})`,
    )
    expect(scene.sockets.every(({ isClosed }) => isClosed)).toBe(true)
  })
})
