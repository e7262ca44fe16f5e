import { serializePublic } from '../../rtsp/index.js'
import { playMethods, publicMethods } from '../request/methods.js'
import { type Handler, ok } from '../request/request-context.js'

/**
 * Handles OPTIONS: lists the methods that the client may use on the URI. A request that names a session keeps it
 * alive (RFC 2326 section 10.1).
 */
export const handleOptions: Handler = ({ server, target, session }) => {
  const isPlayedOnly = target !== undefined && !server.mounts.isPublishAllowed(target.path)
  return {
    ...ok,
    ...(session ? { session } : {}),
    headers: [['Public', serializePublic(isPlayedOnly ? playMethods : publicMethods)]],
  }
}
