import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

const defaultPorts: Readonly<Record<string, number>> = { 'rtsp:': 554, 'rtsps:': 322 }
/**
 * Maximum number of bytes that are read in search of a status line, which is far shorter. A server
 * of another protocol may send anything.
 */
const maxBytes = 1024
const msPerSecond = 1000

/** Result of a health check: a line for people, and the exit code of the command. */
export interface Health {
  readonly line: string
  readonly exitCode: 0 | 1
}

/**
 * Sends OPTIONS to a server. A server that responds with any RTSP status is healthy, even if it asks
 * for a password or is full.
 *
 * The certificate of `rtsps:` is not checked: the question is whether the server responds.
 *
 * @param url - `rtsp:` or `rtsps:`.
 * @param timeout - Seconds to wait for the response.
 */
export async function checkHealth(url: string, timeout: number): Promise<Health> {
  const target = URL.canParse(url) ? new URL(url) : undefined
  const port = target && (Number(target.port) || defaultPorts[target.protocol])
  if (!target || !port) {
    return unhealthy(`expected a URL such as rtsp://127.0.0.1:8554/, got '${url}'`)
  }
  const host = target.hostname.replace(/^\[|\]$/g, '')
  const socket =
    target.protocol === 'rtsps:'
      ? connectTls({ host, port, rejectUnauthorized: false })
      : connectTcp({ host, port })
  try {
    const status = await statusOf(socket, target, timeout * msPerSecond)
    return status === undefined
      ? unhealthy(`${target.host} does not speak RTSP`)
      : { line: `healthy: ${target.host} responds with ${status}`, exitCode: 0 }
  } catch (error) {
    return unhealthy(`${target.host}: ${reasonOf(error)}`)
  } finally {
    socket.destroy()
  }
}

/**
 * Sends OPTIONS on a connection that opens or is open, and waits for the response.
 *
 * @returns The status code of the response; `undefined` if the response is not RTSP.
 */
async function statusOf(
  socket: Socket,
  { protocol, host }: URL,
  timeoutMs: number,
): Promise<number | undefined> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    socket.write(`OPTIONS ${protocol}//${host}/ RTSP/1.0\r\nCSeq: 1\r\n\r\n`)
    let received = ''
    while (!received.includes('\r\n') && received.length < maxBytes) {
      const chunk = await nextChunk(socket, signal)
      if (chunk === undefined) break
      received += chunk.toString('latin1')
    }
    const [, status] = /^RTSP\/1\.0 (\d{3}) /.exec(received) ?? []
    return status === undefined ? undefined : Number(status)
  } catch (error) {
    if (signal.aborted) throw new Error(`no response within ${timeoutMs / msPerSecond} s`)
    throw error
  }
}

/** Waits for the next bytes of a connection. @returns `undefined` if the connection has ended. */
async function nextChunk(socket: Socket, signal: AbortSignal): Promise<Buffer | undefined> {
  const settled = new AbortController()
  const events = { signal: AbortSignal.any([signal, settled.signal]) }
  try {
    const ended = once(socket, 'end', events).then(() => [undefined])
    const [chunk] = await Promise.race([once(socket, 'data', events), ended])
    return chunk as Buffer | undefined
  } finally {
    settled.abort()
  }
}

/**
 * Returns the reason for a failed connection. An error about several addresses has no message of
 * its own.
 */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || (error as NodeJS.ErrnoException).code || error.name
}

const unhealthy = (reason: string): Health => ({ line: `unhealthy: ${reason}`, exitCode: 1 })
