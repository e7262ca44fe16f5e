import type { ClockTimer } from 'rtspool'
import { ignoreKeepAlives } from '../wire/access-filters.js'
import {
  answer,
  type CreateFilter,
  type WireFilter,
  type WireLink,
  type WireRequest,
} from '../wire/wire-filter.js'
import type { Quirk } from './quirk.js'

const msPerSecond = 1000
/** Seconds for which a Reolink keeps a stream after its client has left without TEARDOWN. */
const heldSeconds = 30
/** Longest silence of a client in seconds that the strictest cameras accept. */
const strictSeconds = 5

/** Signs of life of a client that a camera counts. */
interface SignsOfLife {
  /** Returns whether a request is a sign of life. @default no request is */
  readonly request?: (request: WireRequest) => boolean
  /** True to count RTCP over TCP as a sign of life. @default false */
  readonly rtcp?: boolean
  /** True to watch sessions over TCP only, because no filter sees RTCP by UDP. @default false */
  readonly onlyTcp?: boolean
}

/**
 * Creates a filter that ends session and connection of a client without a sign of life for `seconds` while it plays.
 */
function watch(link: WireLink, seconds: number, signs: SignsOfLife): WireFilter {
  let timer: ClockTimer | undefined
  let isInterleaved = false
  const cut = (): void => {
    link.endSession()
    link.close('tcp')
  }
  const restart = (): void => {
    timer?.cancel()
    timer = link.clock.schedule(cut, seconds * msPerSecond, false)
  }
  return {
    request(request) {
      if (timer && signs.request?.(request)) restart()
      return undefined
    },
    response({ statusCode, headers }, { method }) {
      if (statusCode !== 200) return
      if (method === 'SETUP') {
        isInterleaved = headers.get('Transport')?.includes('interleaved=') ?? false
      }
      if (method === 'PLAY' && (isInterleaved || !signs.onlyTcp)) restart()
      if (method === 'TEARDOWN' || method === 'PAUSE') timer?.cancel()
    },
    clientFrame(frame) {
      if (timer && signs.rtcp && frame.channel % 2 === 1) restart()
      return frame
    },
    closed: () => timer?.cancel(),
  }
}

const hasSession = ({ headers }: WireRequest): boolean => headers.has('Session')

/** Counts only requests with `Session` for the URL of the whole stream as signs of life. */
const countsAggregateOnly: CreateFilter = (link) => {
  let base: string | undefined
  const watched = watch(link, link.faults.timeout, {
    request: (request) => hasSession(request) && withoutSlash(request.uri) === base,
  })
  return {
    ...watched,
    response(response, request) {
      const described = response.headers.get('Content-Base')
      if (described !== undefined) base = withoutSlash(described)
      watched.response?.(response, request)
    },
  }
}

const withoutSlash = (url: string): string => url.replace(/\/$/, '')

/** Pauses a playing stream at a GET_PARAMETER, which `Public` does not list. */
const stopsAfterGetParameter: CreateFilter = () => {
  let isPlaying = false
  return {
    request(request) {
      if (isPlaying && request.method === 'GET_PARAMETER') request.method = 'PAUSE'
      return undefined
    },
    response({ statusCode, headers }, { method }) {
      if (statusCode !== 200) return
      if (method === 'PLAY') isPlaying = true
      const methods = headers.get('Public')
      if (methods !== undefined) headers.set('Public', methods.replace(/,?\s*GET_PARAMETER/, ''))
    },
  }
}

/** Number of interleaved frames of which one is lost while an earlier stream is kept. */
const glitchInterval = 3

/**
 * Keeps the stream of a client that leaves without TEARDOWN. Meanwhile other clients get 503, or lose frames.
 */
const wantsTeardown =
  (reaction: 'refuses' | 'glitches'): CreateFilter =>
  ({ camera, clock }) => {
    let [isPlaying, frames] = [false, 0]
    const isHeld = (): boolean => camera.heldUntilMs > clock.now()
    return {
      request({ method }) {
        const isRefused = reaction === 'refuses' && (method === 'DESCRIBE' || method === 'SETUP')
        return isRefused && isHeld() ? answer(503) : undefined
      },
      frame(frame) {
        const isLost = reaction === 'glitches' && isHeld() && ++frames % glitchInterval === 0
        return isLost ? undefined : frame
      },
      response({ statusCode }, { method }) {
        if (statusCode !== 200) return
        if (method === 'PLAY') isPlaying = true
        if (method === 'TEARDOWN') isPlaying = false
      },
      closed() {
        if (isPlaying) camera.heldUntilMs = clock.now() + heldSeconds * msPerSecond
      },
    }
  }

/** Quirks of the requests and packets that keep a session alive. */
export const livenessQuirks: readonly Quirk[] = [
  {
    id: '22',
    who: 'some',
    does: 'keep-alive requests get no response; the same as keepalive=ignore',
    source: 'mediamtx#2302, gortsplib#412',
    filter: ignoreKeepAlives,
  },
  {
    id: '23a',
    who: 'Hipcam',
    does: 'the stream stops after a GET_PARAMETER, which Public does not name',
    source: 'SharpRTSP#63',
    filter: stopsAfterGetParameter,
  },
  {
    id: '23b',
    who: 'others',
    does: 'GET_PARAMETER is refused with 501, although Public names it',
    source: 'SharpRTSP#63',
    filter: () => ({
      request: ({ method }) => (method === 'GET_PARAMETER' ? answer(501) : undefined),
    }),
  },
  {
    id: '24',
    who: 'servers literal about RFC 2326 section 10.1',
    does: 'OPTIONS is no sign of life: the stream ends after the timeout',
    source: 'go2rtc#2409',
    filter: (link) =>
      watch(link, link.faults.timeout, {
        request: (request) => hasSession(request) && request.method !== 'OPTIONS',
      }),
  },
  {
    id: '25',
    who: 'live555 proxy, Axis and others',
    does: 'only requests for the URL of the stream, with Session, are signs of life',
    source: 'gortsplib#8, yellowstone#34',
    filter: countsAggregateOnly,
  },
  {
    id: '26a',
    who: 'Dahua IPC-T12D and others',
    does: 'over TCP, only receiver reports are signs of life',
    source: 'rtsp-client-android#2',
    filter: (link) => watch(link, link.faults.timeout, { rtcp: true, onlyTcp: true }),
  },
  {
    id: '26b',
    who: 'others',
    does: `over TCP, a silence of ${strictSeconds} s ends the stream, whatever timeout is announced`,
    source: 'mediamtx#1403',
    filter: (link) =>
      watch(link, strictSeconds, { request: hasSession, rtcp: true, onlyTcp: true }),
  },
  {
    id: '27a',
    who: 'Reolink RLC-410',
    does: `after a client that left without TEARDOWN, DESCRIBE and SETUP get 503 for ${heldSeconds} s`,
    source: 'homebridge-camera-ffmpeg#1147',
    filter: wantsTeardown('refuses'),
  },
  {
    id: '27b',
    who: 'Reolink RLC-410',
    does: `after a client that left without TEARDOWN, others lose each third frame over TCP for ${heldSeconds} s`,
    source: 'homebridge-camera-ffmpeg#1147',
    filter: wantsTeardown('glitches'),
  },
]
