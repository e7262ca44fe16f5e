import type { Clock } from 'rtspool'
import type { RtspHeaders } from 'rtspool/rtsp'
import type { Faults } from '../faults.js'
import type { Random } from '../random.js'

/** Request of a client on its way to the camera, which filters may change. */
export interface WireRequest {
  method: string
  uri: string
  readonly headers: RtspHeaders
  body: Buffer
}

/** Response of the camera on its way to a client, which filters may change. */
export interface WireResponse {
  statusCode: number
  reason: string
  readonly headers: RtspHeaders
  body: Buffer
}

/** Response that a filter gives to a client in place of the camera. */
export interface WireAnswer {
  readonly statusCode: number
  readonly headers?: readonly (readonly [name: string, value: string])[]
}

/** Interleaved frame: an RTP or RTCP packet over TCP, and its channel. */
export interface WireFrame {
  readonly channel: number
  readonly payload: Buffer
}

/** Facts that all connections of one virtual camera share. */
export interface CameraState {
  /** Time of the clock in milliseconds up to which the camera refuses all connections. */
  awayUntilMs: number
  /** True once the fault `away` has a start time. No further connection then starts the fault again. */
  isAwayPlanned: boolean
  /** Time of the clock in milliseconds up to which a stream left without TEARDOWN makes the camera refuse others. */
  heldUntilMs: number
  /** Connections that count towards the fault `connections`, the maximum number at a time. */
  readonly connections: Set<object>
  /** Connections with a session, and those that wait for the response to a SETUP. */
  readonly sessions: Set<object>
  /** Connections that have set up a back channel, and those that wait for the response. */
  readonly backChannels: Set<object>
}

/** Connection of one client to a virtual camera, as filters use it. */
export interface WireLink {
  readonly clock: Clock
  readonly faults: Faults
  readonly camera: CameraState
  readonly random: Random
  /** Address of the client, without port. */
  readonly clientAddress: string
  /** Scheme, address and port of the camera on this connection: `rtsp://127.0.0.1:8554`. */
  readonly origin: string
  /** Ends the connection of the client by a close (`tcp`) or a reset. */
  close(kind: 'tcp' | 'reset'): void
  /** Ends the RTSP session that the client has set up on this connection, whatever its transport is. */
  endSession(): void
  /** Closes every connection of the camera, and ends its sessions. */
  closeAll(): void
  /** Sends bytes to the client that belong to no message or frame. */
  send(bytes: Buffer): void
}

/** Result of {@link WireFilter.request}: an answer, no answer at all, or the camera's own. */
export type RequestVerdict = WireAnswer | 'unanswered' | undefined

/** Behaviour of a camera on one connection: sees and changes requests, responses and interleaved frames. */
export interface WireFilter {
  /**
   * Receives a request, and may change it.
   *
   * @returns An answer in place of the camera's; `'unanswered'` = the camera receives the request, and
   *   the client no response; `undefined` = the camera responds.
   */
  request?(request: WireRequest): RequestVerdict
  /** Receives the response to a request, and may change it. */
  response?(response: WireResponse, request: WireRequest): void
  /** Receives a request that a later filter has answered: no response follows. */
  answered?(request: WireRequest): void
  /** Changes the bytes of a response. */
  responseBytes?(bytes: Buffer): Buffer
  /** Changes an interleaved frame on its way to the client; `undefined` drops the frame. */
  frame?(frame: WireFrame): WireFrame | undefined
  /** Changes an interleaved frame on its way to the camera; `undefined` drops the frame. */
  clientFrame?(frame: WireFrame): WireFrame | undefined
  /** Called once when the connection has closed, so that the filter stops its timers. */
  closed?(): void
}

/** Creates the filter of one connection. */
export type CreateFilter = (link: WireLink) => WireFilter

/** Returns an answer of a filter that has an RTSP status code and no headers of its own. */
export const answer = (statusCode: number): WireAnswer => ({ statusCode })
