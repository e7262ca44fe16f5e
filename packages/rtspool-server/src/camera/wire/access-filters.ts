import type { ClockTimer } from 'rtspool'
import type { DeniableTransport } from '../faults.js'
import { limitPlaces } from './limit-places.js'
import { answer, type CreateFilter, type WireFilter, type WireLink } from './wire-filter.js'

const msPerSecond = 1000
/** Methods that clients send to keep a session alive. */
const keepAliveMethods: readonly string[] = ['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER']

/** Returns functions that create the filters for the access faults of a camera, such as `connections` and `deny`. */
export function accessFilters({ faults }: WireLink): readonly CreateFilter[] {
  const filters: CreateFilter[] = []
  if (faults.connections > 0) filters.push(limitConnections)
  if (faults.sessions > 0) filters.push(limitSessions)
  if (faults.deny.length > 0) filters.push(denyTransports)
  if (faults.keepalive === 'ignore') filters.push(ignoreKeepAlives)
  if (faults.drop) filters.push(dropConnection)
  if (faults.away) filters.push(goAway)
  return filters
}

/** Returns the lower transport that one alternative of a Transport header asks for. */
export function lowerTransportOf(alternative: string): DeniableTransport {
  return /^\s*RTP\/\w+\/TCP/i.test(alternative) || /interleaved=/i.test(alternative) ? 'tcp' : 'udp'
}

/** Closes each connection above the limit of the fault `connections` at its first request. */
const limitConnections: CreateFilter = (link) => {
  const self = {}
  const { connections } = link.camera
  const isOver = connections.size >= link.faults.connections
  if (!isOver) connections.add(self)
  return {
    request() {
      if (!isOver) return undefined
      link.close('tcp')
      return 'unanswered'
    },
    closed: () => void connections.delete(self),
  }
}

/** Status of a camera that has no capacity for one more session (RFC 2326 section 11.3.6). */
const notEnoughBandwidth = 453

/** Refuses SETUP of a session above the limit. A session counts until TEARDOWN or the end of its connection. */
const limitSessions: CreateFilter = ({ camera, faults }) =>
  limitPlaces(camera.sessions, {
    limit: faults.sessions,
    statusCode: notEnoughBandwidth,
    isAsking: ({ method }) => method === 'SETUP',
  })

/** Refuses the transports of the fault `deny` with 461; a SETUP that offers others too goes on with those. */
const denyTransports: CreateFilter = ({ faults }) => ({
  request(request) {
    if (request.method !== 'SETUP') return undefined
    const offered = (request.headers.get('Transport') ?? '').split(',')
    const left = offered.filter((each) => !faults.deny.includes(lowerTransportOf(each)))
    if (left.length === 0) return answer(461)
    request.headers.set('Transport', left.join(','))
    return undefined
  },
})

/** Passes the keep-alives of a playing client to the camera, and sends the client no response. */
export const ignoreKeepAlives: CreateFilter = () => {
  let isPlaying = false
  return {
    request: ({ method, headers }) =>
      isPlaying && keepAliveMethods.includes(method) && headers.has('Session')
        ? 'unanswered'
        : undefined,
    response: ({ statusCode }, { method }) => {
      if (method === 'PLAY' && statusCode === 200) isPlaying = true
    },
  }
}

/** Creates a filter that calls `act` once, `seconds` after the first successful PLAY of a connection. */
export function afterPlay(link: WireLink, seconds: number, act: () => void): WireFilter {
  let timer: ClockTimer | undefined
  return {
    response: ({ statusCode }, { method }) => {
      if (method !== 'PLAY' || statusCode !== 200) return
      timer ??= link.clock.schedule(act, seconds * msPerSecond, false)
    },
    closed: () => timer?.cancel(),
  }
}

const dropConnection: CreateFilter = (link) => {
  const { drop } = link.faults
  return drop ? afterPlay(link, drop.atSeconds, () => link.close(drop.kind)) : {}
}

/** Restarts the camera once, as the fault `away` says: its connections close, and it accepts none for a while. */
const goAway: CreateFilter = (link) => {
  const { camera, clock, faults } = link
  const { away } = faults
  if (!away || camera.isAwayPlanned) return {}
  const { closed, ...filter } = afterPlay(link, away.atSeconds, () => {
    camera.isAwayPlanned = true
    camera.awayUntilMs = clock.now() + away.seconds * msPerSecond
    link.closeAll()
  })
  return { ...filter, closed: () => closed?.() }
}
