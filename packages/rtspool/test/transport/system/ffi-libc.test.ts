import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Ffi, ffiLibc } from '../../../src/transport/system/ffi-libc.js'
import { koffiLibc } from '../../../src/transport/system/koffi-libc.js'
import type { Libc } from '../../../src/transport/system/libc.js'
import { bindNative, descriptorOf } from '../../../src/transport/system/native-sockets.js'
import { until } from '../../support/until.js'

const ebadf = 9
const efault = 14
const eagain = 11
const eaddrinuse = 98

/** A module whose functions fail with EBADF, but for the functions that a test gives. */
function fakeFfi(functions: Readonly<Record<string, (...args: never[]) => unknown>> = {}) {
  const memory = { errno: 0 }
  const refuse = () => {
    memory.errno = ebadf
    return -1
  }
  const fake: Ffi = {
    dlopen: (_path, definitions) => ({
      functions: {
        ...Object.fromEntries(Object.keys(definitions).map((name) => [name, refuse])),
        __errno_location: () => 4096n,
        ...functions,
      },
    }),
    getInt32: (address) => {
      if (address !== 4096n) throw new Error(`expected the address of errno, got ${address}`)
      return memory.errno
    },
    getRawPointer: (buffer) => {
      if (buffer.length === 0) throw new TypeError('detached')
      return 65_536n
    },
  }
  return { fake, memory }
}

describe('ffiLibc', () => {
  it('is undefined in a Node without the module', () => {
    expect(ffiLibc(() => undefined)).toBeUndefined()
  })

  it('keeps the error number of a call that failed, whatever Node does afterwards', () => {
    const { fake, memory } = fakeFfi()
    const libc = ffiLibc(() => fake) as Libc
    libc.recvmsg(-1, 0n, 0)
    memory.errno = eagain
    expect(libc.errno()).toBe(ebadf)
  })

  it.each<[string, Readonly<Record<string, (...args: never[]) => unknown>>]>([
    ['returns a bigint', { write: () => -1n }],
    ['succeeds without a socket', { write: () => 0 }],
    ['tells nothing of sendmmsg', { sendmmsg: () => undefined }],
  ])('refuses a module that %s', (_what, functions) => {
    const { fake } = fakeFfi(functions)
    expect(ffiLibc(() => fake)).toBeUndefined()
  })

  it('has no address for a buffer without memory', () => {
    const { fake } = fakeFfi()
    const libc = ffiLibc(() => fake) as Libc
    expect([Buffer.alloc(1), Buffer.alloc(0)].map(libc.addressOf)).toEqual([65_536n, 0n])
  })
})

const isLinux = process.platform === 'linux'
// Node before 26 has no node:ffi.
const engines: [string, Libc | undefined][] = [
  ['koffi', isLinux ? koffiLibc() : undefined],
  ['node:ffi', isLinux ? ffiLibc() : undefined],
]

describe.each(engines.filter(([, libc]) => libc))('a C library by %s', (_name, engine) => {
  const libc = engine as Libc
  const native = bindNative(libc)

  async function connection(): Promise<{ near: Socket; far: Socket; descriptor: number }> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const accepted = once(server, 'connection')
    const far = connect((server.address() as { port: number }).port, '127.0.0.1')
    const [near] = (await accepted) as [Socket]
    onTestFinished(async () => {
      const closed = once(server, 'close')
      for (const socket of [near, far]) socket.destroy()
      server.close()
      await closed
    })
    return { near, far, descriptor: descriptorOf(near) as number }
  }

  it('tells each error number, also while memory is collected', () => {
    const outside = Buffer.from(new ArrayBuffer(8))
    const descriptor = native.bindDatagram('127.0.0.1', 0)
    onTestFinished(() => native.close(descriptor))
    const message = Buffer.from(new ArrayBuffer(56))
    const garbage: unknown[] = []
    const wrong: number[] = []
    for (let round = 0; round < 20_000; round++) {
      libc.send(-1, Number(libc.addressOf(outside)), 8)
      garbage[round % 64] = Buffer.allocUnsafeSlow(4096)
      if (libc.errno() !== ebadf) wrong.push(libc.errno())
      native.recvmsg(descriptor, libc.addressOf(message), 0)
      if (libc.errno() !== eagain) wrong.push(libc.errno())
      native.sendmmsg(descriptor, 8n, 1)
      if (libc.errno() !== efault) wrong.push(libc.errno())
    }
    expect(wrong).toEqual([])
  })

  it('sends on a connection, as many bytes as the kernel takes', async () => {
    const { far, descriptor } = await connection()
    const plain = Buffer.from(new ArrayBuffer(5))
    const shared = Buffer.from(new SharedArrayBuffer(8), 2)
    plain.write('plain')
    shared.write('shared')
    const small = Uint8Array.of(0x2e)
    const buffers = [plain, plain.subarray(2), shared, Buffer.from(small.buffer), Buffer.alloc(0)]
    for (const buffer of buffers) {
      const address = Number(libc.addressOf(buffer))
      expect(libc.send(descriptor, address, buffer.length)).toBe(buffer.length)
    }
    const text = 'plainainshared.'
    const received: Buffer[] = []
    far.on('data', (bytes: Buffer) => void received.push(bytes))
    await until(() => Buffer.concat(received).length === text.length)
    expect(String(Buffer.concat(received))).toBe(text)
    far.pause()
    const flood = Buffer.from(new ArrayBuffer(1 << 20))
    const start = Number(libc.addressOf(flood))
    let sent = 0
    while (sent >= 0) sent = libc.send(descriptor, start, flood.length)
    expect([sent, libc.errno()]).toEqual([-1, eagain])
    expect(native.unacknowledgedBytes(descriptor)).toBeGreaterThan(0)
  })

  it('has no address for a buffer that has lost its memory', () => {
    const lost = Buffer.from(new ArrayBuffer(8))
    structuredClone(lost.buffer, { transfer: [lost.buffer] })
    expect(libc.addressOf(lost)).toBe(0n)
  })

  it('sets the number of bytes from which a socket is readable', async () => {
    const { far, descriptor } = await connection()
    expect(native.setReceiveLowWater(descriptor, 65_536)).toBe(true)
    expect(native.setReceiveLowWater(descriptor, 1)).toBe(true)
    expect(native.setReceiveLowWater(-1, 1)).toBe(false)
    far.destroy()
  })

  it('duplicates and ends a connection', async () => {
    const { far, descriptor } = await connection()
    const twin = native.duplicate(descriptor)
    expect(twin).toBeGreaterThan(2)
    const ended = once(far.resume(), 'end')
    native.shutdown(twin)
    await ended
    native.close(twin)
  })

  it.each([
    ['127.0.0.1', 'udp4'],
    ['::1', 'udp6'],
  ] as const)('binds %s, and says why it cannot', async (address, type) => {
    const socket = createSocket(type)
    onTestFinished(() => void socket.close())
    socket.bind(0, address)
    await once(socket, 'listening')
    const { port } = socket.address()
    expect(() => native.bindDatagram(address, port)).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE', errno: -eaddrinuse, syscall: 'bind' }),
    )
    const descriptor = native.bindDatagram(address, 0)
    expect(native.hasSegmentation(descriptor)).toBe(true)
    expect(native.setMulticastHops(descriptor, 3)).toBe(type === 'udp6')
    expect(native.setMulticastHops(descriptor, 3000)).toBe(false)
    native.close(descriptor)
  })
})
