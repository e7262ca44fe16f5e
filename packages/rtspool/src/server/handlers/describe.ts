import { RequestError } from '../../errors.js'
import type { Media } from '../../media/media.js'
import { acceptsSdp } from '../../rtsp/index.js'
import { describedKeys, keyFormFor, srtpSuiteFor } from '../key-mgmt/key-mgmt.js'
import { noteDescribed } from '../key-mgmt/rollover.js'
import { requiresBackChannel } from '../request/back-channel-tag.js'
import { type Handler, ok, type RequestContext } from '../request/request-context.js'
import { contentBase, requireTarget } from '../request/target.js'
import { multicastPlaces } from '../setup/multicast-setup.js'
import { mediaToDescribe } from '../sources/lease-media.js'

/**
 * Handles DESCRIBE: returns the session description of the media mounted at the path (RFC 2326
 * section 10.2).
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
  const lease = await mediaToDescribe(context, target)
  try {
    return {
      ...ok,
      headers: [
        // RFC 2326 appendix C.1.1; with the query, which clients would lose otherwise.
        ['Content-Base', contentBase(target, connection)],
        ['Content-Type', 'application/sdp'],
      ],
      body: describe(context, lease.media),
    }
  } finally {
    lease.release()
  }
}

/** Returns the description of a media for the client of the request. */
function describe(context: RequestContext, media: Media): Buffer {
  const { server, connection, request } = context
  const suite = srtpSuiteFor(context)
  if (suite) noteDescribed(connection, media, suite)
  return media.describe({
    family: connection.remoteAddress.includes(':') ? 6 : 4,
    places: multicastPlaces(context, media),
    backChannel: requiresBackChannel(request) ? media.backChannel?.description : undefined,
    keys: suite && describedKeys(media, suite, keyFormFor(context), server.clock),
  })
}
