import type { Element } from '@xmldom/xmldom'
import type { Faults } from '../faults.js'
import { type Prefix, SoapFault } from './soap.js'

/** A video that a camera serves. */
export interface OnvifVideo {
  /** Name of the profile, which is also the path without its slash. */
  readonly token: string
  /** Path in the URL of RTSP. */
  readonly path: string
  readonly width: number
  readonly height: number
}

/** A request to a service, with the facts of its camera. */
export interface OnvifCall {
  /** Element of the operation. */
  readonly parameters: Element
  /** Scheme, address and port of the services: `http://127.0.0.1:8000`. */
  readonly origin: string
  /** Scheme, address and port of RTSP: `rtsp://127.0.0.1:8554`. */
  readonly rtspOrigin: string
  /** Query of the URL with its `?`, which names the faults of the camera; empty without one. */
  readonly query: string
  readonly faults: Faults
  /** Aborts when the client has left. */
  readonly signal: AbortSignal
}

/** Content of a response, without its outer element. */
export type Operation = (call: OnvifCall) => string | Promise<string>

/** Operations by prefix and name, such as `tds:GetScopes`. */
export type Operations = Readonly<Partial<Record<`${Prefix}:${string}`, Operation>>>

/** Paths of the services in their URLs. */
export const servicePaths = Object.freeze({
  device: '/onvif/device_service',
  media: '/onvif/media_service',
  events: '/onvif/event_service',
  subscription: '/onvif/subscription/',
  snapshot: '/onvif/snapshot',
})

/** Returns the URL of a service, with the faults of the call. */
export const serviceUrl = ({ origin, query }: OnvifCall, path: string): string =>
  `${origin}${path}${query}`

/** Returns the fault of a parameter that does not fit. */
export const invalidValue = (code: string, reason: string): SoapFault =>
  new SoapFault('Sender', ['ter:InvalidArgVal', code], reason)
