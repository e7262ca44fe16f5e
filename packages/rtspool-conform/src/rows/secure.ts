import { connect as connectTcp } from 'node:net'
import { connect as connectTls, type SecureVersion } from 'node:tls'
import { check } from '../mismatch.js'
import type { Row } from '../row.js'
import type { Trial } from '../trial.js'

/**
 * Tries a handshake with the server with one version of TLS only.
 *
 * @returns The negotiated version, or the reason for the failure.
 */
function handshake(trial: Trial, version: SecureVersion): Promise<string> {
  const { host, port } = trial.targets.main
  return new Promise((resolve) => {
    const socket = connectTls({
      ...{ host, port, rejectUnauthorized: false, minVersion: version, maxVersion: version },
      // Otherwise this side would refuse the old versions.
      ciphers: 'ALL:@SECLEVEL=0',
    })
    const timer = setTimeout(() => socket.destroy(new Error('no answer')), trial.waiting.leftMs)
    const done = (outcome: string): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(outcome)
    }
    socket.once('secureConnect', () => done(socket.getProtocol() ?? 'unknown'))
    socket.once('error', (error) => done(`refused: ${error.message}`))
  })
}

const noSavp = (text: string): boolean => !/RTP\/SAVPF?\b|a=crypto:|a=key-mgmt:/i.test(text)

/** Conformance tests for RTSP over TLS, and for SRTP. */
export const secureRows: readonly Row[] = [
  {
    id: 'A-TLS-1',
    level: 'must',
    reference: 'RFC 7826 19.2, RFC 8996',
    requirement: 'TLS 1.2 or later, and nothing older',
    expected: 'TLS 1.2 or 1.3 is taken, 1.0 and 1.1 are refused',
    carriers: ['tls', 'https', 'wss'],
    run: async (trial) => {
      const modern = await Promise.all(
        (['TLSv1.2', 'TLSv1.3'] as const).map((v) => handshake(trial, v)),
      )
      check(
        modern.some((each) => each.startsWith('TLS')),
        'TLS 1.2 or 1.3',
        modern.join(', '),
      )
      for (const version of ['TLSv1', 'TLSv1.1'] as const) {
        const outcome = await handshake(trial, version)
        check(outcome.startsWith('refused'), `${version} is refused`, outcome)
      }
      return modern.filter((each) => each.startsWith('TLS')).join(', ')
    },
  },
  {
    id: 'A-TLS-2',
    level: 'should',
    reference: 'own decision',
    requirement: 'bytes that are no TLS end the connection',
    expected: 'a close within 2 s',
    carriers: ['tls', 'https', 'wss'],
    run: async (trial) => {
      const { host, port, uri } = trial.targets.main
      let isClosed = false
      const socket = connectTcp({ host, port })
      socket.on('error', () => undefined)
      socket.on('data', () => undefined)
      socket.on('end', () => socket.destroy())
      socket.once('close', () => {
        isClosed = true
        trial.waiting.notify()
      })
      socket.write(`OPTIONS ${uri} RTSP/1.0\r\nCSeq: 1\r\n\r\n`)
      try {
        const closed = () => isClosed || undefined
        await trial.waiting.until(closed, 'a close', () => 'an open connection', 2000)
      } finally {
        socket.destroy()
      }
      return undefined
    },
  },
  {
    id: 'A-SRT-1',
    level: 'must',
    reference: 'RFC 3711 3, RFC 4568 7; ONVIF Streaming 5.1.1',
    requirement: 'keys are never described or agreed on where everybody can read them',
    expected: 'no SAVP in the description, 461 to RTP/SAVP',
    carriers: ['tcp', 'http', 'ws'],
    run: async (trial) => {
      const peer = await trial.connect()
      const { answer, tracks } = await trial.describe(peer)
      check(noSavp(answer.body.toString('utf8')), 'no SAVP, no keys', 'one of them')
      const headers = { Transport: 'RTP/SAVP/TCP;unicast;interleaved=0-1' }
      const uri = tracks[0]?.uri ?? trial.uri
      return (await peer.expect([461, 403], 'SETUP', uri, { headers })).toString()
    },
  },
  {
    id: 'A-SRT-2',
    level: 'house',
    reference: 'own decision',
    requirement: 'what is asked for over TLS does not leave by plain UDP',
    expected: '461 to RTP/AVP by UDP, 200 to RTP/AVP/TCP',
    carriers: ['tls'],
    run: async (trial) => {
      const peer = await trial.connect()
      const { tracks } = await trial.describe(peer)
      const [track] = tracks
      check(track !== undefined, 'a track', 'none')
      const headers = { Transport: 'RTP/AVP;unicast;client_port=40000-40001' }
      await peer.expect(461, 'SETUP', track.uri, { headers })
      await trial.setUp(peer, track)
      return undefined
    },
  },
  {
    id: 'A-SRT-5',
    level: 'house',
    reference: 'RFC 4567 7.4, RFC 3830; ONVIF Streaming',
    requirement: 'key management that cannot be read is refused, and makes no session',
    expected: '463 or 461, without Session',
    carriers: ['tls'],
    run: async (trial) => {
      const peer = await trial.connect()
      const { tracks } = await trial.describe(peer)
      const uri = tracks[0]?.uri ?? trial.uri
      const headers = {
        Transport: 'RTP/SAVP;unicast;client_port=40000-40001',
        KeyMgmt: `prot=mikey;uri="${uri}";data="bm8gTUlLRVk="`,
      }
      const answer = await peer.expect([463, 461], 'SETUP', uri, { headers })
      check(answer.header('Session') === undefined, 'no Session header', 'one')
      return answer.toString()
    },
  },
]
