import type { Element } from '@xmldom/xmldom'
import type { Faults } from '../faults.js'
import { type Prefix, SoapFault } from './soap.js'

/** Video that a camera serves, with its size in pixels. */
export interface OnvifVideo {
  /** Name of the ONVIF media profile of the video: its path without the slash in front. */
  readonly token: string
  /** Path of the video in RTSP URLs. */
  readonly path: string
  readonly width: number
  readonly height: number
}

/** Request to an ONVIF service, with the facts of the camera that the request is for. */
export interface OnvifCall {
  /** XML element of the operation in the SOAP body, which contains the parameters. */
  readonly parameters: Element
  /** Scheme, address and port of the services: `http://127.0.0.1:8000`. */
  readonly origin: string
  /** Scheme, address and port of RTSP: `rtsp://127.0.0.1:8554`. */
  readonly rtspOrigin: string
  /** Query of the request's URL with its `?`, which names the faults of the camera; empty without a query. */
  readonly query: string
  readonly faults: Faults
  /** Signal that aborts when the client has closed its connection. */
  readonly signal: AbortSignal
}

/** Handler of an ONVIF operation. Returns the content of the response as XML, without the outer element. */
export type Operation = (call: OnvifCall) => string | Promise<string>

/** Handlers of ONVIF operations by prefix and name, such as `tds:GetScopes`. */
export type Operations = Readonly<Partial<Record<`${Prefix}:${string}`, Operation>>>

/** Paths of the ONVIF services in their URLs. */
export const servicePaths = Object.freeze({
  device: '/onvif/device_service',
  media: '/onvif/media_service',
  events: '/onvif/event_service',
  subscription: '/onvif/subscription/',
  snapshot: '/onvif/snapshot',
})

/** Returns the URL of the ONVIF service at `path`, with the query that names the faults of the camera. */
export const serviceUrl = ({ origin, query }: OnvifCall, path: string): string =>
  `${origin}${path}${query}`

/** Returns the SOAP fault (error response) for a parameter that does not fit. `code`: detailed code of ONVIF. */
export const invalidValue = (code: string, reason: string): SoapFault =>
  new SoapFault('Sender', ['ter:InvalidArgVal', code], reason)
