import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MalformedMessageError } from '../../../src/errors.js'
import {
  maxProxyHeaderBytes,
  ProxyHeaderReader,
} from '../../../src/transport/tcp/proxy-protocol.js'
import type { TcpEnds } from '../../../src/transport/tcp/tcp-ends.js'
import { proxyBlock, v4Ends, v6Ends } from '../../support/proxy-headers.js'

const mapped = '::ffff:'

const good: readonly { name: string; wire: Buffer | string; ends: TcpEnds | undefined }[] = [
  {
    name: 'version 1, IPv4',
    wire: 'PROXY TCP4 192.0.2.7 198.51.100.1 40000 554\r\n',
    ends: v4Ends,
  },
  {
    name: 'version 1, IPv6 in another form than that of Node',
    wire: 'PROXY TCP6 2001:DB8:0:0:0:0:0:7 2001:db8::1 40000 554\r\n',
    ends: v6Ends,
  },
  {
    name: 'version 1, IPv4 in the form of IPv6',
    wire: `PROXY TCP6 ${mapped}192.0.2.7 ${mapped}198.51.100.1 40000 554\r\n`,
    ends: v4Ends,
  },
  { name: 'version 1, unknown', wire: 'PROXY UNKNOWN\r\n', ends: undefined },
  {
    name: 'version 1, unknown with more, 107 bytes',
    wire: `PROXY UNKNOWN ${'x\0'.padEnd(91, 'x')}\r\n`,
    ends: undefined,
  },
  { name: 'version 2, IPv4', wire: proxyBlock({ ends: v4Ends }), ends: v4Ends },
  { name: 'version 2, IPv6', wire: proxyBlock({ ends: v6Ends }), ends: v6Ends },
  {
    name: 'version 2 with additions',
    wire: proxyBlock({ ends: v4Ends, more: Buffer.from([0x04, 0, 3, 1, 2, 3]) }),
    ends: v4Ends,
  },
  {
    name: 'version 2 of the largest size',
    wire: proxyBlock({ ends: v4Ends, more: Buffer.alloc(maxProxyHeaderBytes - 28) }),
    ends: v4Ends,
  },
  { name: 'version 2, LOCAL', wire: proxyBlock({ command: 0x20, family: 0 }), ends: undefined },
  {
    name: 'version 2, LOCAL of an unknown family, with bytes',
    wire: proxyBlock({ command: 0x20, family: 0xff, more: Buffer.alloc(9, 1) }),
    ends: undefined,
  },
  { name: 'version 2, unspecified', wire: proxyBlock({ family: 0 }), ends: undefined },
  {
    name: 'version 2, datagrams',
    wire: proxyBlock({ family: 0x12, more: Buffer.alloc(12, 1) }),
    ends: undefined,
  },
  {
    name: 'version 2, Unix socket',
    wire: proxyBlock({ family: 0x31, more: Buffer.alloc(216, 0x2f) }),
    ends: undefined,
  },
]

const wireOf = (wire: Buffer | string): Buffer =>
  typeof wire === 'string' ? Buffer.from(wire, 'latin1') : wire

describe('a header of the PROXY protocol', () => {
  it.each(good)('is read at every split, with the bytes after it: $name', ({ wire, ends }) => {
    const header = wireOf(wire)
    const all = Buffer.concat([header, Buffer.from('OPTIONS')])
    for (let at = 1; at <= header.length; at++) {
      const reader = new ProxyHeaderReader()
      const first = reader.push(all.subarray(0, at))
      if (at < header.length) expect(first).toBeUndefined()
      const read = first ?? reader.push(all.subarray(at))
      expect(read?.ends).toEqual(ends)
      expect(String(read?.rest)).toBe(at < header.length ? 'OPTIONS' : '')
    }
    expect(new ProxyHeaderReader().push(all)).toEqual({ ends, rest: Buffer.from('OPTIONS') })
  })

  it.each<[string, Buffer | string]>([
    ['a request', 'OPTIONS * RTSP/1.0\r\n'],
    ['lower case', 'proxy TCP4'],
    ['two spaces', 'PROXY  TCP4 192.0.2.7 198.51.100.1 40000 554\r\n'],
    ['another family', 'PROXY UDP4 192.0.2.7 198.51.100.1 40000 554\r\n'],
    ['a word like UNKNOWN', 'PROXY UNKNOWNS\r\n'],
    ['a name', 'PROXY TCP4 example.com 198.51.100.1 40000 554\r\n'],
    ['an IPv4 address of three parts', 'PROXY TCP4 192.0.2 198.51.100.1 40000 554\r\n'],
    ['zeros in front of a part', 'PROXY TCP4 192.000.2.7 198.51.100.1 40000 554\r\n'],
    ['the address of another family', 'PROXY TCP6 192.0.2.7 198.51.100.1 40000 554\r\n'],
    ['a zone', 'PROXY TCP6 fe80::1%eth0 fe80::2 40000 554\r\n'],
    ['a port that is too large', 'PROXY TCP4 192.0.2.7 198.51.100.1 65536 554\r\n'],
    ['zeros in front of a port', 'PROXY TCP4 192.0.2.7 198.51.100.1 040000 554\r\n'],
    ['no ports', 'PROXY TCP4 192.0.2.7 198.51.100.1\r\n'],
    ['LF alone', 'PROXY TCP4 192.0.2.7 198.51.100.1 40000 554\nOPTIONS * RTSP/1.0\r\n'],
    ['a line of 108 bytes', `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`],
    ['another version', proxyBlock({ command: 0x31, ends: v4Ends })],
    ['another command', proxyBlock({ command: 0x22, ends: v4Ends })],
    ['another address family', proxyBlock({ family: 0x41, more: Buffer.alloc(12) })],
    ['another transport', proxyBlock({ family: 0x13, more: Buffer.alloc(12) })],
    ['too few bytes for IPv4', proxyBlock({ family: 0x11, more: Buffer.alloc(11) })],
    ['too few bytes for IPv6', proxyBlock({ family: 0x21, more: Buffer.alloc(35) })],
    ['a block that is too large', proxyBlock({ more: Buffer.alloc(maxProxyHeaderBytes) })],
  ])('is refused with %s, in one piece and byte by byte', (_, wire) => {
    const refusal = expect.objectContaining({ code: 'ERR_PROXY_HEADER' })
    expect(() => new ProxyHeaderReader().push(wireOf(wire))).toThrow(refusal)
    const reader = new ProxyHeaderReader()
    expect(() => {
      for (const byte of wireOf(wire)) reader.push(Buffer.of(byte))
    }).toThrow(refusal)
  })

  it('is never more than its limit, whatever comes', () => {
    const begin = fc.constantFrom(
      '',
      'PROXY ',
      'PROXY TCP4 ',
      '\r\n\r\n\0\r\nQUIT\n',
      'PROXY UNKNOWN ',
    )
    fc.assert(
      fc.property(begin, fc.uint8Array({ minLength: 1, maxLength: 200 }), (start, bytes) => {
        const reader = new ProxyHeaderReader()
        try {
          const read = reader.push(Buffer.concat([Buffer.from(start, 'latin1'), bytes]))
          for (let sent = 0; !read && sent <= maxProxyHeaderBytes; sent += 512) {
            if (reader.push(Buffer.alloc(512, 0x41))) return
          }
          expect(read).toBeDefined()
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessageError)
        }
      }),
    )
  })
})
