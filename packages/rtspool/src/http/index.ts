export { Base64Stream } from './base64-stream.js'
export { protocolOf } from './protocol.js'
export {
  HttpHeadReader,
  type HttpRequestHead,
  type ReadHttpHead,
  serializeRequestHead,
} from './request-head.js'
export {
  type HttpRefusal,
  httpContinue,
  serializeHttpRefusal,
  serializeTunnelAnswer,
} from './response.js'
export {
  type HttpResponseHead,
  HttpResponseHeadReader,
  type ReadHttpResponseHead,
} from './response-head.js'
