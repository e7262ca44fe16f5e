import { answer, type WireFilter, type WireRequest } from './wire-filter.js'

/** Limit on the places of a camera. */
export interface PlaceLimit {
  readonly limit: number
  /** Status of a refused request. */
  readonly statusCode: number
  /** Returns whether a request asks for a place. */
  isAsking(request: WireRequest): boolean
}

/**
 * Gives each connection one of the places of a camera, such as its sessions, and refuses requests above
 * the limit.
 *
 * A request reserves the place, so that no other connection gets it before the response. If no request
 * succeeds, the place is given back. It is free again after a TEARDOWN with 200 and at the end of the
 * connection.
 *
 * @param places - Places that connections have, shared by all connections of the camera.
 */
export function limitPlaces(
  places: Set<object>,
  { limit, statusCode, isAsking }: PlaceLimit,
): WireFilter {
  const self = {}
  /** Requests whose responses are yet to come. */
  const asking = new Set<WireRequest>()
  let isTaken = false
  const giveBack = (): void => {
    if (!isTaken && asking.size === 0) places.delete(self)
  }
  return {
    request(request) {
      if (!isAsking(request)) return undefined
      if (!places.has(self) && places.size >= limit) return answer(statusCode)
      asking.add(request)
      places.add(self)
      return undefined
    },
    response({ statusCode: status }, request) {
      if (asking.delete(request) && status === 200) isTaken = true
      if (request.method === 'TEARDOWN' && status === 200) isTaken = false
      giveBack()
    },
    answered(request) {
      asking.delete(request)
      giveBack()
    },
    closed: () => void places.delete(self),
  }
}
