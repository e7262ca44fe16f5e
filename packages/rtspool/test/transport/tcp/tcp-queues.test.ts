import { describe, expect, it } from 'vitest'
import { parseTcpQueues, tcpName } from '../../../src/transport/tcp/tcp-queues.js'

const head =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'

const line = (local: string, remote: string, queue: string, state = '01') =>
  `   0: ${local} ${remote} ${state} ${queue}:0000FFFF 01:00000015 00000003     0        0 1563 1 000000001f331a5e 100\n`

const between = (
  localAddress: string,
  localPort: number,
  remoteAddress: string,
  remotePort: number,
) => ({
  ...{ localAddress, localPort, remoteAddress, remotePort },
})

describe('the list of TCP connections', { tags: 'B-HALF' }, () => {
  it.each([
    [
      'IPv4',
      line('0100007F:216A', '0A01A8C0:C2C4', '000001F4'),
      between('127.0.0.1', 8554, '192.168.1.10', 49_860),
      'LE',
      500,
    ],
    [
      'IPv4 of a machine with the other byte order',
      line('7F000001:216A', 'C0A8010A:C2C4', '000001F4'),
      between('127.0.0.1', 8554, '192.168.1.10', 49_860),
      'BE',
      500,
    ],
    [
      'IPv6',
      line(
        '00000000000000000000000001000000:216A',
        'B80D0120000000000000000001000000:0001',
        '00000001',
      ),
      between('::1', 8554, '2001:db8::1', 1),
      'LE',
      1,
    ],
    [
      'IPv6 with a zone',
      line(
        '000080FE000000000000000001000000:216A',
        '000080FE000000000000000002000000:FFFF',
        '00400000',
      ),
      between('fe80::1%eth0', 8554, 'fe80::2%eth0', 65_535),
      'LE',
      4_194_304,
    ],
    [
      'IPv4 on a socket of IPv6',
      line(
        '0000000000000000FFFF00000100007F:216A',
        '0000000000000000FFFF00000A01A8C0:C2C4',
        '0000000A',
      ),
      between('127.0.0.1', 8554, '192.168.1.10', 49_860),
      'LE',
      10,
    ],
    [
      'IPv4 on a socket of IPv6, with the other byte order',
      line(
        '00000000000000000000FFFF7F000001:216A',
        '00000000000000000000FFFFC0A8010A:C2C4',
        '0000000A',
      ),
      between('127.0.0.1', 8554, '192.168.1.10', 49_860),
      'BE',
      10,
    ],
  ] as const)('has the queue of a connection: %s', (_name, text, ends, byteOrder, bytes) => {
    const others = line('0100007F:216A', '0B01A8C0:C2C4', '00000009')
    expect(parseTcpQueues(`${head}${others}${text}`).get(tcpName(ends, byteOrder))).toBe(bytes)
  })

  it.each([
    ['nothing', ''],
    ['no connections', head],
    ['empty queues', head + line('0100007F:216A', '0A01A8C0:C2C4', '00000000').repeat(3)],
    ['something else', 'no such list\n: : :\n1: 2 3 4\n'],
    ['a line that was cut off', line('0100007F:216A', '0A01A8C0:C2C4', '000001F4').slice(0, 40)],
  ])('has none in %s', (_name, text) => {
    expect(parseTcpQueues(text).size).toBe(0)
  })
})
