import { expect, it } from 'vitest'
import { RtspServer, type RtspServerOptions } from '../../src/index.js'

it.each([
  [{ prot: 8554 }, "RtspServer has no option 'prot': did you mean 'port'?"],
  [{ timeout: 60 }, "RtspServer has no option 'timeout': there are port, host, "],
  [null, 'the options of RtspServer must be an object, got null'],
  [8554, 'the options of RtspServer must be an object, got number'],
  [{ host: 127 }, 'host must be a string that is not empty, got 127'],
  [{ tls: null }, 'the options of tls must be an object, got null'],
  [{ tls: 'canary' }, /^the options of tls must be an object, got string$/],
  [{ httpTunnel: 'no' }, "httpTunnel must be true or false, got 'no'"],
  [{ nativeSockets: 0 }, 'nativeSockets must be true or false, got 0'],
  [{ webSocket: 'yes' }, "webSocket must be true, false or 'ifInstalled', got 'yes'"],
  [{ allowedOrigins: '*' }, "allowedOrigins must be a list of origins, got '*'"],
  [{ allowedOrigins: [1] }, "allowedOrigins must be like 'https://example.com' or '*', got 1"],
  [{ udpPorts: 20001 }, 'udpPorts must be a list of first and last port, got 20001'],
  [{ udpPorts: [1, 2, 3] }, 'udpPorts must be a list of first and last port, got [ 1, 2, 3 ]'],
  [{ pool: 5 }, 'pool must be a SessionPool or options of one, got number'],
  [{ pool: new Map() }, 'pool must be a SessionPool or options of one, got Map'],
  [{ pool: { maxSession: 3 } }, "no option 'maxSession': did you mean 'maxSessions'?"],
  [{ pool: { onAdmit: 'x' } }, "onAdmit must be a function, got 'x'"],
  [{ onConnectionClosed: 1 }, "onConnectionClosed must be 'end' or 'keep', got 1"],
  [{ gopCache: true }, 'gopCache must be false or an object, got true'],
  [
    { gopCache: { bytes: 1 } },
    "gopCache has no option 'bytes': there are maxBytes, maxSeconds, totalBytes",
  ],
  [{ multicast: {} }, "multicast.groups must be group addresses such as '239.255.12.0/24', got"],
  [{ multicast: true }, 'the options of multicast must be an object, got boolean'],
  [{ clock: Date }, 'clock must have the methods now, unixTimeMs, schedule, got'],
])('new RtspServer(%j) is a TypeError that names the expected value', (options, message) => {
  const make = () => new RtspServer(options as RtspServerOptions)
  expect(make).toThrow(TypeError)
  expect(make).toThrow(message)
})

it.each([
  [{ port: '8554' }, "port must be an integer from 0 to 65535, got '8554'"],
  [{ port: -1 }, 'port must be an integer from 0 to 65535, got -1'],
  [{ idleTimeout: '60' }, "idleTimeout must be a number of seconds from 0, got '60'"],
  [{ maxConnections: '10' }, "maxConnections must be an integer from 0, got '10'"],
  [{ udpPorts: ['1', 2] }, "udpPorts[0] must be an integer from 0 to 65535, got '1'"],
  [{ gopCache: { maxBytes: '1' } }, "gopCache.maxBytes must be a number from 0, got '1'"],
  [{ gopCache: { totalBytes: -1 } }, 'gopCache.totalBytes must be a number from 0, got -1'],
  [
    { maxKeyFrameWaitSeconds: '4' },
    "maxKeyFrameWaitSeconds must be a number of seconds from 0, got '4'",
  ],
  [{ pool: { maxSessions: '3' } }, "maxSessions must be an integer from 0 to 4294967295, got '3'"],
  [
    { pool: { maxLifetime: '3' } },
    "maxLifetime must be a number of seconds from 0 to 2147483648, got '3'",
  ],
])('new RtspServer(%j) is a RangeError that quotes the given value', (options, message) => {
  const make = () => new RtspServer(options as RtspServerOptions)
  expect(make).toThrow(RangeError)
  expect(make).toThrow(message)
})

it('options that are undefined are the defaults, and one limit of gopCache may stand alone', async () => {
  const options = { prot: undefined, port: undefined, gopCache: { maxBytes: 1e6 }, pool: undefined }
  await new RtspServer(options).close()
})
