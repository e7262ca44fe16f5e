import type { Clock } from 'rtspool'
import type { RtspHeaders } from 'rtspool/rtsp'
import type { Faults } from '../faults.js'
import type { Random } from '../random.js'

/** A request of a client on its way to the camera; may be changed. */
export interface WireRequest {
  method: string
  uri: string
  readonly headers: RtspHeaders
  body: Buffer
}

/** A response of the camera on its way to a client; may be changed. */
export interface WireResponse {
  statusCode: number
  reason: string
  readonly headers: RtspHeaders
  body: Buffer
}

/** A response that a filter gives in place of the camera. */
export interface WireAnswer {
  readonly statusCode: number
  readonly headers?: readonly (readonly [name: string, value: string])[]
}

/** An interleaved frame. */
export interface WireFrame {
  readonly channel: number
  readonly payload: Buffer
}

/** Facts that all connections of one virtual camera share. */
export interface CameraState {
  /** Instant of the clock in milliseconds up to which the camera accepts nobody. */
  awayUntilMs: number
  /** True once the spell `away` has begun, so that no connection begins it again. */
  isAwayPlanned: boolean
  /** Instant in milliseconds up to which a stream left without TEARDOWN makes the camera refuse others. */
  heldUntilMs: number
  /** Connections that count towards the limit of the camera. */
  readonly connections: Set<object>
  /** Connections with a session, and those that wait for the response to a SETUP. */
  readonly sessions: Set<object>
  /** Connections that have set up a back channel, and those that wait for the response. */
  readonly backChannels: Set<object>
}

/** Connection of one client, as filters see it. */
export interface WireLink {
  readonly clock: Clock
  readonly faults: Faults
  readonly camera: CameraState
  readonly random: Random
  /** Address of the client, without port. */
  readonly clientAddress: string
  /** Scheme, address and port of the camera on this connection: `rtsp://127.0.0.1:8554`. */
  readonly origin: string
  /** Closes the connection, or resets it. */
  close(kind: 'tcp' | 'reset'): void
  /** Ends the session of this connection, over any transport. */
  endSession(): void
  /** Closes every connection of the camera, and ends its sessions. */
  closeAll(): void
  /** Sends bytes to the client, outside of any message. */
  send(bytes: Buffer): void
}

/** Result of {@link WireFilter.request}: an answer, no answer at all, or the camera's own. */
export type RequestVerdict = WireAnswer | 'unanswered' | undefined

/** Behaviour of a camera on one connection: sees and changes what goes through. */
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
  /** Changes a frame for the client; `undefined` drops it. */
  frame?(frame: WireFrame): WireFrame | undefined
  /** Changes a frame from the client; `undefined` drops it. */
  clientFrame?(frame: WireFrame): WireFrame | undefined
  /** Stops timers: the connection has closed. */
  closed?(): void
}

/** Creates the filter of one connection. */
export type CreateFilter = (link: WireLink) => WireFilter

/** Returns a status of RTSP as an answer. */
export const answer = (statusCode: number): WireAnswer => ({ statusCode })
