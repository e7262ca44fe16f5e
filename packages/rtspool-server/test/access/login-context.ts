import type { LoginContext } from 'rtspool'
import { RtspHeaders } from '../../../rtspool/src/rtsp/index.js'

/** A question of the library about a request, with other members where they are given. */
export const loginContext = (members: Partial<LoginContext> = {}): LoginContext => ({
  scheme: 'Basic',
  algorithm: undefined,
  user: undefined,
  password: undefined,
  token: undefined,
  action: 'read',
  path: '/cam',
  address: '192.0.2.1',
  method: 'SETUP',
  session: undefined,
  isRecheck: false,
  connectionId: 'connection1',
  userAgent: 'test',
  isSecure: false,
  tunnel: undefined,
  transport: 'TCP',
  request: {
    ...{ kind: 'request', method: 'SETUP', uri: 'rtsp://h/cam', version: '1.0' },
    headers: new RtspHeaders([]),
    body: Buffer.alloc(0),
  } as unknown as LoginContext['request'],
  signal: new AbortController().signal,
  ...members,
})
