import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { CannotRun } from '../mismatch.js'
import type { Carrier, CarrierSink, CarrierTarget } from './carrier.js'

/**
 * Opens a TCP connection to the target, with TLS if the carrier needs it.
 *
 * @param limitMs - Time limit in milliseconds for TCP and TLS together.
 * @throws {CannotRun} Gives the reason if the connection fails or takes too long.
 */
export function openSocket(target: CarrierTarget, limitMs: number): Promise<Socket> {
  const { name, host, port, isInsecure, localAddress } = target
  const address = { host, port, ...(localAddress === undefined ? {} : { localAddress }) }
  const isSecure = name === 'tls' || name === 'https' || name === 'wss'
  const servername = isIP(host) === 0 ? { servername: host } : {}
  const socket: Socket = isSecure
    ? connectTls({ ...address, ...servername, rejectUnauthorized: !isInsecure })
    : connectTcp(address)
  socket.setNoDelay(true)
  const where = `${host}:${port}`
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), limitMs)
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer)
      socket.off('error', refuse)
      resolve(socket)
    })
    const refuse = (error: Error): void => {
      clearTimeout(timer)
      const why = error.message || error.name
      const hint = isSecure && isAboutCertificate(error) ? '; --insecure takes it as it is' : ''
      reject(new CannotRun(`cannot connect to ${where}: ${why}${hint}`))
    }
    socket.once('error', refuse)
  })
}

/** Returns whether an error means that OpenSSL or Node has refused a certificate. */
const isAboutCertificate = (error: Error): boolean =>
  'code' in error && /CERT|SIGNATURE|ISSUER/.test(String(error.code))

/** Passes the bytes that arrive on a socket, and the reason of its end, to a sink. */
export function listenTo(socket: Socket, sink: CarrierSink): void {
  let why = 'the server closed the connection'
  socket.on('data', (chunk) => sink.bytes(chunk))
  socket.on('error', (error) => {
    why = `the connection broke: ${error.message}`
  })
  socket.on('end', () => socket.destroy())
  socket.on('close', () => sink.closed(why))
}

/**
 * Opens a connection for RTSP over TCP or TLS, without a tunnel.
 *
 * @param sink - Receives the bytes and the end of the connection.
 * @param limitMs - Time limit in milliseconds for the opening.
 */
export async function openPlain(
  target: CarrierTarget,
  sink: CarrierSink,
  limitMs: number,
): Promise<Carrier> {
  const socket = await openSocket(target, limitMs)
  listenTo(socket, sink)
  return {
    write: (bytes) => void (socket.writable && socket.write(bytes)),
    destroy: () => void socket.destroy(),
  }
}
