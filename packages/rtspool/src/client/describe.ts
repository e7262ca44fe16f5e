import type { ResolvedClientOptions } from './client-options.js'
import type { ClientCredentials, ClientUrl } from './client-url.js'
import { announcedMethods } from './connection/announced-methods.js'
import type { ClientConnection } from './connection/client-connection.js'
import { closeOnAbort } from './connection/close-on-abort.js'
import { expectOk, isTransportRefusal } from './connection/expect-ok.js'
import { isBackChannelRefusal, requireHeader } from './connection/onvif-tags.js'
import { openConnection } from './connection/open-connection.js'
import { credentialsAt, headersAt, isRedirect, redirectedTo } from './connection/redirect.js'
import { type Presentation, readPresentation } from './description/presentation.js'
import type { RtspClientTransport } from './rtsp-client.js'

/** An open connection, and the session description that was received on it. */
export interface DescribedStream {
  /** URL of the stream after redirects. */
  readonly url: ClientUrl
  /** Credentials that the client may send to the host of `url`; `undefined` if there are none. */
  readonly credentials: ClientCredentials | undefined
  /** Function for further header lines that the client may send to the host of `url`; `undefined` if there is none. */
  readonly headers: ResolvedClientOptions['headers']
  readonly connection: ClientConnection
  readonly presentation: Presentation
  /** Transport for the tracks. For `http` and `webSocket`, the connection itself is a tunnel. */
  readonly transport: RtspClientTransport
  /** True if DESCRIBE has requested a back channel, so that the description may have one. */
  readonly hasBackChannel: boolean
  /** Methods that the server announces in its Public header; empty if it announces none. */
  readonly methods: readonly string[]
}

/**
 * Connects to a server and describes a stream. Follows redirects on new connections.
 *
 * @param own - Credentials for the host of `first`, in place of those in the URL.
 * @param transports - Transports to try in this order: after a refusal (461), the next one.
 * @throws {ClientError} the server cannot be reached, refuses, or does not describe the stream.
 * @throws The reason of the option `signal`, if it is aborted.
 */
export async function describeStream(
  first: ClientUrl,
  own: ClientCredentials | undefined,
  options: ResolvedClientOptions,
  transports: readonly RtspClientTransport[],
): Promise<DescribedStream> {
  const [transport = 'tcp', ...others] = transports
  try {
    return await describeOver(transport, first, own, options)
  } catch (error) {
    if (!isTransportRefusal(error) || others.length === 0) throw error
    return describeStream(first, own, options, others)
  }
}

/** Describes the stream over one transport. If the server refuses a back channel, describes it again without one. */
async function describeOver(
  transport: RtspClientTransport,
  first: ClientUrl,
  own: ClientCredentials | undefined,
  options: ResolvedClientOptions,
): Promise<DescribedStream> {
  try {
    return await describeOnce(transport, first, own, options)
  } catch (error) {
    if (!options.backChannel || !isBackChannelRefusal(error)) throw error
    return describeOnce(transport, first, own, { ...options, backChannel: false })
  }
}

async function describeOnce(
  transport: RtspClientTransport,
  first: ClientUrl,
  own: ClientCredentials | undefined,
  options: ResolvedClientOptions,
): Promise<DescribedStream> {
  let url = first
  for (let hops = 0; ; hops++) {
    const credentials = credentialsAt(url, first, own, options)
    const headers = headersAt(url, first, options)
    const connection = await openConnection(url, credentials, { ...options, headers }, transport)
    const stopAborting = closeOnAbort(connection, options.signal)
    try {
      const methods = await announcedMethods(connection, url.uri)
      const { backChannel: hasBackChannel } = options
      const response = await connection.request({
        method: 'DESCRIBE',
        uri: url.uri,
        headers: {
          Accept: 'application/sdp',
          ...requireHeader({ backChannel: hasBackChannel }),
        },
      })
      if (!isRedirect(response)) {
        const presentation = readPresentation(expectOk('DESCRIBE', response), url.uri)
        const place = { url, credentials, headers, connection, transport }
        return { ...place, presentation, hasBackChannel, methods }
      }
      url = redirectedTo(response, url, hops, options)
      await connection.close(undefined)
    } catch (error) {
      await connection.close(error)
      throw error
    } finally {
      stopAborting()
    }
  }
}
