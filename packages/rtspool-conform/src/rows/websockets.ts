import { WebSocket } from 'ws'
import { check } from '../mismatch.js'
import type { Row } from '../row.js'

/** Conformance tests for RTSP over WebSocket. */
export const webSocketRows: readonly Row[] = [
  {
    id: 'A-WSS-1',
    level: 'must',
    reference: 'ONVIF Streaming 5.1.1.5, RFC 6455 4.2.2',
    requirement: 'the subprotocol is rtsp.onvif.org, and messages have no meaning as such',
    expected: '200 to a request cut into messages, and to two in one message',
    carriers: ['ws', 'wss'],
    run: async (trial) => {
      const peer = await trial.connect()
      const text = peer.format('OPTIONS', trial.uri)
      peer.write(text.slice(0, 11))
      peer.write(text.slice(11))
      check((await peer.answer('200')).status === 200, '200', 'another status')
      peer.write(peer.format('OPTIONS', trial.uri) + peer.format('OPTIONS', trial.uri))
      for (const what of ['the first', 'the second']) {
        check((await peer.answer(`200 to ${what} request`)).status === 200, '200', 'another status')
      }
      return undefined
    },
  },
  {
    id: 'A-WSS-1b',
    level: 'house',
    reference: 'own decision',
    requirement: 'a WebSocket without the subprotocol is refused',
    expected: '400',
    carriers: ['ws', 'wss'],
    run: async (trial) => {
      const { carrier, main, isInsecure } = trial.targets
      const host = main.host.includes(':') ? `[${main.host}]` : main.host
      const url = `${carrier}://${host}:${main.port}${main.path}`
      const socket = new WebSocket(url, { rejectUnauthorized: !isInsecure })
      const outcome = await new Promise<string>((resolve) => {
        const timer = setTimeout(() => resolve('nothing'), trial.waiting.leftMs)
        const done = (text: string): void => {
          clearTimeout(timer)
          resolve(text)
        }
        socket.once('open', () => done('a WebSocket'))
        socket.once('unexpected-response', (_request, { statusCode }) => done(`${statusCode}`))
        socket.on('error', (error) => done(error.message))
      })
      socket.terminate()
      check(outcome === '400', '400', outcome)
      return undefined
    },
  },
]
