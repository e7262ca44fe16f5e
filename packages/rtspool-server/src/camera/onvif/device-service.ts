import { escaped } from '../../xml/xml.js'
import { type OnvifCall, type Operations, servicePaths, serviceUrl } from './call.js'
import { namespaceOf } from './soap.js'

/** Facts of the device that its services and WS-Discovery show. */
export interface DeviceFacts {
  /** Version of `rtspool`, which the device states as its firmware version. */
  readonly version: string
  /** Returns the UUID of the device, which never changes, without `urn:uuid:`. */
  uuid(): string
  /** Returns the present time of the wall clock in milliseconds since 1970. */
  unixTimeMs(): number
}

/** Operations that need no login (ONVIF core specification section 5.9, access class PRE_AUTH). */
export const openOperations: readonly string[] = [
  ...['tds:GetSystemDateAndTime', 'tds:GetCapabilities', 'tds:GetServices'],
  ...['tds:GetServiceCapabilities', 'tds:GetHostname', 'tds:GetWsdlUrl'],
]

/** Scopes of the device: its kind, name and hardware. */
export const scopes: readonly string[] = [
  'onvif://www.onvif.org/type/video_encoder',
  'onvif://www.onvif.org/Profile/Streaming',
  'onvif://www.onvif.org/name/rtspool-camera',
  'onvif://www.onvif.org/hardware/virtual',
  'onvif://www.onvif.org/location/',
]

/** Creates the operations of the device service (ONVIF core specification section 8). */
export function deviceOperations(device: DeviceFacts): Operations {
  return {
    'tds:GetSystemDateAndTime': () => systemDateAndTime(new Date(device.unixTimeMs())),
    'tds:GetDeviceInformation': () =>
      '<tds:Manufacturer>rtspool</tds:Manufacturer><tds:Model>virtual camera</tds:Model>' +
      `<tds:FirmwareVersion>${escaped(device.version)}</tds:FirmwareVersion>` +
      `<tds:SerialNumber>${device.uuid()}</tds:SerialNumber>` +
      '<tds:HardwareId>virtual</tds:HardwareId>',
    'tds:GetCapabilities': capabilities,
    'tds:GetServices': services,
    'tds:GetServiceCapabilities': () =>
      '<tds:Capabilities><tds:Network/><tds:Security UsernameToken="true" HttpDigest="true"/>' +
      '<tds:System/></tds:Capabilities>',
    'tds:GetScopes': () =>
      scopes
        .map(
          (scope) =>
            '<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef>' +
            `<tt:ScopeItem>${scope}</tt:ScopeItem></tds:Scopes>`,
        )
        .join(''),
    'tds:GetHostname': () =>
      '<tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP>' +
      '<tt:Name>rtspool-camera</tt:Name></tds:HostnameInformation>',
  }
}

function systemDateAndTime(now: Date): string {
  const [time, date] = [
    `<tt:Hour>${now.getUTCHours()}</tt:Hour><tt:Minute>${now.getUTCMinutes()}</tt:Minute>` +
      `<tt:Second>${now.getUTCSeconds()}</tt:Second>`,
    `<tt:Year>${now.getUTCFullYear()}</tt:Year><tt:Month>${now.getUTCMonth() + 1}</tt:Month>` +
      `<tt:Day>${now.getUTCDate()}</tt:Day>`,
  ]
  return (
    '<tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>' +
    '<tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>UTC0</tt:TZ></tt:TimeZone>' +
    `<tt:UTCDateTime><tt:Time>${time}</tt:Time><tt:Date>${date}</tt:Date></tt:UTCDateTime>` +
    '</tds:SystemDateAndTime>'
  )
}

function capabilities(call: OnvifCall): string {
  const xAddr = (path: string): string => `<tt:XAddr>${escaped(serviceUrl(call, path))}</tt:XAddr>`
  return (
    `<tds:Capabilities><tt:Device>${xAddr(servicePaths.device)}</tt:Device>` +
    `<tt:Events>${xAddr(servicePaths.events)}` +
    '<tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport>' +
    '<tt:WSPullPointSupport>true</tt:WSPullPointSupport>' +
    '<tt:WSPausableSubscriptionManagerInterfaceSupport>false' +
    '</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>' +
    `<tt:Media>${xAddr(servicePaths.media)}<tt:StreamingCapabilities>` +
    '<tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>true</tt:RTP_TCP>' +
    '<tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>' +
    '</tds:Capabilities>'
  )
}

/** ONVIF services of the device, with the version of their interface. */
const offered = [
  ['tds', servicePaths.device],
  ['trt', servicePaths.media],
  ['tev', servicePaths.events],
] as const

const services = (call: OnvifCall): string =>
  offered
    .map(
      ([prefix, path]) =>
        `<tds:Service><tds:Namespace>${namespaceOf(prefix)}</tds:Namespace>` +
        `<tds:XAddr>${escaped(serviceUrl(call, path))}</tds:XAddr>` +
        '<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>',
    )
    .join('')
