import { ClientError, RtspError } from '../../errors.js'
import { type NumberPair, parseTransport, type TransportSpec } from '../../rtsp/index.js'

/** Parameters of the Transport header in a response to SETUP that the client uses. */
export interface TransportAnswer {
  /** Interleaved channels. If present, the transport is interleaved, with any lower transport. */
  readonly interleaved: NumberPair | undefined
  readonly serverPort: NumberPair | undefined
  /** Address from which the server sends, as received. It may be empty or invalid. */
  readonly source: string | undefined
  readonly isMulticast: boolean
  /** Address of the multicast group, as received. It may be empty or invalid. */
  readonly destination: string | undefined
  /** Ports of the multicast group for RTP and RTCP. */
  readonly port: NumberPair | undefined
  readonly ttl: number | undefined
}

const maxParameters = 64

/**
 * Reads the Transport header of a SETUP response. Parameters that cannot be read are left out, because cameras send
 * SSRCs with spaces and empty sources.
 *
 * @throws {ClientError} `ERR_CLIENT_PROTOCOL` without a readable header.
 */
export function readTransportAnswer(value: string | undefined): TransportAnswer {
  const [id = '', ...parameters] = (value?.split(',')[0] ?? '').split(';', maxParameters)
  const readable = parameters.filter((parameter) => parseSafely(`RTP/AVP;${parameter}`))
  const spec = parseSafely([id.trim(), ...unique(readable)].join(';'))
  if (spec) {
    const { interleaved, serverPort, source, delivery, destination, port, ttl } = spec
    const isMulticast = delivery === 'multicast'
    return { interleaved, serverPort, source, isMulticast, destination, port, ttl }
  }
  throw new ClientError('ERR_CLIENT_PROTOCOL', 'the response to SETUP has no readable Transport')
}

function parseSafely(text: string): TransportSpec | undefined {
  try {
    return parseTransport(text)[0]
  } catch (error) {
    if (error instanceof RtspError) return undefined
    throw error
  }
}

/** Removes parameters of a Transport header whose name has occurred before in the header: the first one counts. */
function unique(parameters: readonly string[]): string[] {
  const seen = new Set<string>()
  return parameters.filter((parameter) => {
    const name = (parameter.split('=')[0] ?? '').trim().toLowerCase()
    return seen.size < seen.add(name).size
  })
}
