import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { CannotRun } from '../mismatch.js'
import type { Carrier, CarrierSink, CarrierTarget } from './carrier.js'
import { type HttpHead, readHttpHead } from './http-head.js'
import { listenTo, openSocket } from './socket.js'

/** Content type of the GET and of the POST that form a tunnel. */
export const tunnelType = 'application/x-rtsp-tunnelled'

/**
 * Formats the head of the GET request of an HTTP tunnel. The response to the GET carries the bytes from the server.
 *
 * @param cookie - Value that the GET and the POST of one tunnel share.
 * @param version - Version of HTTP.
 */
export function getHead(target: CarrierTarget, cookie: string, version = '1.1'): string {
  return [
    `GET ${target.path} HTTP/${version}`,
    `Host: ${target.host}:${target.port}`,
    ...[`x-sessioncookie: ${cookie}`, `Accept: ${tunnelType}`],
    ...['Pragma: no-cache', 'Cache-Control: no-cache', '', ''],
  ].join('\r\n')
}

/**
 * Formats the head of the POST request of an HTTP tunnel. The body of the POST carries bytes to the server in base64;
 * the Content-Length has no meaning.
 *
 * @param cookie - Value that the GET and the POST of one tunnel share.
 * @param version - Version of HTTP.
 */
export function postHead(target: CarrierTarget, cookie: string, version = '1.1'): string {
  return [
    `POST ${target.path} HTTP/${version}`,
    `Host: ${target.host}:${target.port}`,
    ...[`x-sessioncookie: ${cookie}`, `Content-Type: ${tunnelType}`],
    ...['Pragma: no-cache', 'Cache-Control: no-cache', 'Content-Length: 32767'],
    ...['Expires: Sun, 9 Jan 1972 00:00:00 GMT', '', ''],
  ].join('\r\n')
}

/** Creates a random cookie, by which a server finds the GET and the POST of one HTTP tunnel. */
export const newCookie = (): string => randomBytes(11).toString('hex')

/**
 * Opens a tunnel through HTTP with a GET and a POST, as QuickTime, FFmpeg and GStreamer do.
 *
 * @throws {CannotRun} If a connection fails, or the response to the GET is not 200.
 */
export async function openHttp(
  target: CarrierTarget,
  sink: CarrierSink,
  limitMs: number,
): Promise<Carrier> {
  const cookie = newCookie()
  const get = await openSocket(target, limitMs)
  get.write(getHead(target, cookie))
  const head = await headOf(get, limitMs)
  if (head.status !== 200) {
    get.destroy()
    throw new CannotRun(`the GET of the tunnel was answered with ${head.startLine}`)
  }
  const post = await openSocket(target, limitMs)
  post.on('error', () => get.destroy())
  post.on('data', () => undefined)
  post.write(postHead(target, cookie))
  listenTo(get, {
    bytes: (chunk) => sink.bytes(chunk),
    closed: (why) => {
      post.destroy()
      sink.closed(why)
    },
  })
  if (head.rest.length > 0) sink.bytes(head.rest)
  return {
    write: (bytes) => void (post.writable && post.write(bytes.toString('base64'))),
    destroy: () => {
      post.destroy()
      get.destroy()
    },
  }
}

/**
 * Waits for the head of an HTTP response.
 *
 * @throws {CannotRun} If the connection closes, or the head does not arrive in time.
 */
export function headOf(socket: Socket, limitMs: number): Promise<HttpHead> {
  let pending: Buffer = Buffer.alloc(0)
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer)
      socket.off('data', onData).off('close', onClose).off('error', onClose)
    }
    const onData = (chunk: Buffer): void => {
      pending = Buffer.concat([pending, chunk])
      const head = readHttpHead(pending)
      if (!head) return
      end()
      resolve(head)
    }
    const onClose = (): void => {
      end()
      reject(new CannotRun('the server closed the connection without an HTTP answer'))
    }
    const timer = setTimeout(() => {
      end()
      socket.destroy()
      reject(new CannotRun('the server gave no HTTP answer in time'))
    }, limitMs)
    socket.on('data', onData).on('close', onClose).on('error', onClose)
  })
}
