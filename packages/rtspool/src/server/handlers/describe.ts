import { RequestError } from '../../errors.js'
import { acceptsSdp } from '../../rtsp/index.js'
import { keyFormFor, secureDescription, srtpSuiteFor } from '../key-mgmt/key-mgmt.js'
import { noteDescribed } from '../key-mgmt/rollover.js'
import { type Handler, ok } from '../request/request-context.js'
import { contentBase, requireTarget } from '../request/target.js'
import { requiresBackChannel } from '../setup/back-channel-setup.js'
import { multicastPlaces } from '../setup/multicast-setup.js'
import { describeMedia } from '../sources/construct-media.js'
import { withNullAddressFor } from './null-address.js'

/**
 * DESCRIBE: returns the session description of the media mounted at the path (RFC 2326 section
 * 10.2).
 */
export const handleDescribe: Handler = async (context) => {
  const { connection, request } = context
  if (!acceptsSdp(request.headers)) {
    throw new RequestError('ERR_NOT_ACCEPTABLE', 'only application/sdp is offered')
  }
  const target = requireTarget(context.target)
  if (target.trackIndex !== undefined) {
    throw new RequestError('ERR_NOT_FOUND', 'a track alone has no description')
  }
  const media = await describeMedia(context, target)
  const suite = srtpSuiteFor(context)
  const places = multicastPlaces(context, media)
  const backChannel = requiresBackChannel(request) ? media.backChannel : undefined
  const sdp = withNullAddressFor(
    connection.remoteAddress,
    places || backChannel ? media.describe(places, backChannel) : media.sdp,
  )
  if (suite) noteDescribed(connection, media, suite)
  return {
    ...ok,
    headers: [
      // RFC 2326 appendix C.1.1; with the query, which clients would lose otherwise.
      ['Content-Base', contentBase(target, connection)],
      ['Content-Type', 'application/sdp'],
    ],
    body: suite
      ? secureDescription(media, sdp, suite, keyFormFor(context), context.server.clock)
      : sdp,
  }
}
