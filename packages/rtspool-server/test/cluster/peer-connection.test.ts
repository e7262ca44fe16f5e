import { type AddressInfo, createServer, type Socket } from 'node:net'
import { ManualClock } from 'rtspool/testing'
import { expect, it, onTestFinished } from 'vitest'
import { until } from '../../../rtspool/test/support/until.js'
import { type PeerAnswer, PeerConnection } from '../../src/cluster/peer-connection.js'

const terms = { clock: new ManualClock(), lingerMs: 500 }
const request = (cSeq: number) => ({ bytes: Buffer.from('x'), cSeq })

it('carries a request over IPv6, and fails the one that waits at its end, once', async () => {
  const sockets: Socket[] = []
  const door = createServer((socket) => void sockets.push(socket)).listen(0, '::1')
  onTestFinished(() => void door.close())
  await until(() => door.listening)
  const { port } = door.address() as AddressInfo
  const closed: PeerConnection[] = []
  const onClosed = (connection: PeerConnection): void => void closed.push(connection)
  const connection = new PeerConnection(`rtsp://[::1]:${port}`, { ...terms, onClosed })
  const answers: PeerAnswer[] = []
  connection.send(request(1), (answer) => answers.push(answer))
  await until(() => sockets.length === 1)
  sockets[0]?.write('RTSP/1.0 455 No\r\nCSeq: 1\r\nContent-Length: 2\r\n\r\nok')
  await until(() => answers.length === 1)
  expect(answers[0]).toMatchObject({ statusCode: 455, body: Buffer.from('ok') })
  connection.send(request(2), (answer) => answers.push(answer))
  connection.close(new Error('enough'))
  connection.close(new Error('more'))
  expect([answers[1], closed]).toEqual([new Error('enough'), [connection]])
  expect(terms.clock.pendingTimers).toBe(0)
})

it('fails against a server without TLS', async () => {
  const door = createServer((socket) => socket.end('RTSP/1.0 200 OK\r\n\r\n')).listen(
    0,
    '127.0.0.1',
  )
  onTestFinished(() => void door.close())
  await until(() => door.listening)
  const { port } = door.address() as AddressInfo
  const answers: PeerAnswer[] = []
  const options = { ...terms, onClosed: () => {} }
  new PeerConnection(`rtsps://127.0.0.1:${port}`, options).send(request(1), (answer) =>
    answers.push(answer),
  )
  await until(() => answers.length === 1)
  expect(answers[0]).toBeInstanceOf(Error)
})
