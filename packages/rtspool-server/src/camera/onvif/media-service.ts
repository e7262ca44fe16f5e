import { escaped, textAt } from '../../xml/xml.js'
import {
  invalidValue,
  type OnvifCall,
  type OnvifVideo,
  type Operations,
  servicePaths,
} from './call.js'

/** Creates the operations of the media service (ONVIF media specification, version 1). */
export function mediaOperations(videos: readonly OnvifVideo[]): Operations {
  const chosen = (call: OnvifCall): OnvifVideo => {
    const token = textAt(call.parameters, 'ProfileToken')
    const video = videos.find((each) => each.token === token)
    if (video) return video
    const names = videos.map((each) => each.token).join(', ')
    throw invalidValue('ter:NoProfile', `expected one of the profiles ${names}, got ${token}`)
  }
  return {
    'trt:GetProfiles': () => videos.map((video) => profile('Profiles', video)).join(''),
    'trt:GetProfile': (call) => profile('Profile', chosen(call)),
    'trt:GetVideoSources': () => videos.map(videoSource).join(''),
    'trt:GetStreamUri': (call) => mediaUri(streamUri(call, chosen(call))),
    'trt:GetSnapshotUri': (call) => {
      const { path } = chosen(call)
      return mediaUri(`${call.origin}${servicePaths.snapshot}${path}${call.query}`)
    },
    'trt:GetServiceCapabilities': () =>
      '<trt:Capabilities SnapshotUri="true">' +
      '<trt:ProfileCapabilities MaximumNumberOfProfiles="8"/>' +
      '<trt:StreamingCapabilities RTPMulticast="false" RTP_TCP="true" RTP_RTSP_TCP="true"/>' +
      '</trt:Capabilities>',
  }
}

/**
 * Returns the RTSP URL of a video.
 *
 * @throws {SoapFault} `ter:InvalidStreamSetup` for multicast and HTTP, which the camera does not have.
 */
function streamUri({ parameters, rtspOrigin, query }: OnvifCall, { path }: OnvifVideo): string {
  const stream = textAt(parameters, 'StreamSetup', 'Stream') ?? 'RTP-Unicast'
  const protocol = textAt(parameters, 'StreamSetup', 'Transport', 'Protocol') ?? 'RTSP'
  if (stream !== 'RTP-Unicast' || !['UDP', 'TCP', 'RTSP'].includes(protocol)) {
    const got = `${stream} by ${protocol}`
    const expected = 'RTP-Unicast by UDP, TCP or RTSP'
    throw invalidValue('ter:InvalidStreamSetup', `expected ${expected}, got ${got}`)
  }
  return `${rtspOrigin}${path}${query}`
}

const mediaUri = (uri: string): string =>
  `<trt:MediaUri><tt:Uri>${escaped(uri)}</tt:Uri>` +
  '<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>' +
  '<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri>'

const resolution = ({ width, height }: OnvifVideo): string =>
  `<tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution>`

/** Formats a video source as XML; a frame rate of 0 means that it is unknown. */
const videoSource = (video: OnvifVideo): string =>
  `<trt:VideoSources token="${escaped(video.token)}"><tt:Framerate>0</tt:Framerate>` +
  `${resolution(video)}</trt:VideoSources>`

const noMulticast =
  '<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address>' +
  '</tt:Address><tt:Port>0</tt:Port><tt:TTL>0</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>'

function profile(element: 'Profile' | 'Profiles', video: OnvifVideo): string {
  const token = escaped(video.token)
  const { width, height } = video
  return (
    `<trt:${element} token="${token}" fixed="true"><tt:Name>${token}</tt:Name>` +
    `<tt:VideoSourceConfiguration token="${token}"><tt:Name>${token}</tt:Name>` +
    `<tt:UseCount>1</tt:UseCount><tt:SourceToken>${token}</tt:SourceToken>` +
    `<tt:Bounds x="0" y="0" width="${width}" height="${height}"/></tt:VideoSourceConfiguration>` +
    `<tt:VideoEncoderConfiguration token="${token}"><tt:Name>${token}</tt:Name>` +
    `<tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding>${resolution(video)}` +
    `<tt:Quality>1</tt:Quality>${noMulticast}<tt:SessionTimeout>PT60S</tt:SessionTimeout>` +
    `</tt:VideoEncoderConfiguration></trt:${element}>`
  )
}
