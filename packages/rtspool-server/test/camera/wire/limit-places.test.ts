import { RtspHeaders } from 'rtspool/rtsp'
import { describe, expect, it } from 'vitest'
import { limitPlaces } from '../../../src/camera/wire/limit-places.js'
import type { WireFilter, WireRequest } from '../../../src/camera/wire/wire-filter.js'

const requestOf = (method: string): WireRequest => ({
  ...{ method, uri: 'rtsp://camera/test', headers: new RtspHeaders(), body: Buffer.alloc(0) },
})

const responseOf = (statusCode: number) => ({
  ...{ statusCode, reason: '', headers: new RtspHeaders(), body: Buffer.alloc(0) },
})

/** Two connections to a camera with one place. */
function twoConnections() {
  const places = new Set<object>()
  const limit = {
    ...{ limit: 1, statusCode: 453 },
    isAsking: ({ method }: WireRequest) => method === 'SETUP',
  }
  return { places, first: limitPlaces(places, limit), second: limitPlaces(places, limit) }
}

/** Ways in which a request is refused, by who does it. */
const refusals: readonly (readonly [string, (filter: WireFilter, request: WireRequest) => void])[] =
  [
    ['the camera', (filter, request) => filter.response?.(responseOf(461), request)],
    ['another filter', (filter, request) => filter.answered?.(request)],
  ]

const refusal = { statusCode: 453 }

describe('limitPlaces', () => {
  it('reserves the place at the request, before the response', () => {
    const { first, second } = twoConnections()
    const setUp = requestOf('SETUP')
    expect(first.request?.(setUp)).toBeUndefined()
    expect(second.request?.(requestOf('SETUP'))).toEqual(refusal)
    expect(first.request?.(requestOf('SETUP'))).toBeUndefined()
  })

  it.each(refusals)('gives the place back if %s refuses the request', (_, refuse) => {
    const { places, first, second } = twoConnections()
    const setUp = requestOf('SETUP')
    first.request?.(setUp)
    refuse(first, setUp)
    expect(places.size).toBe(0)
    expect(second.request?.(requestOf('SETUP'))).toBeUndefined()
  })

  it('keeps a place that one of several requests has got', () => {
    const { first, second } = twoConnections()
    const [one, other] = [requestOf('SETUP'), requestOf('SETUP')]
    for (const each of [one, other]) first.request?.(each)
    first.response?.(responseOf(200), one)
    first.response?.(responseOf(461), other)
    expect(second.request?.(requestOf('SETUP'))).toEqual(refusal)
  })

  it('frees the place at a TEARDOWN with 200 only', () => {
    const { first, second } = twoConnections()
    const setUp = requestOf('SETUP')
    first.request?.(setUp)
    first.response?.(responseOf(200), setUp)
    first.response?.(responseOf(454), requestOf('TEARDOWN'))
    expect(second.request?.(requestOf('SETUP'))).toEqual(refusal)
    first.response?.(responseOf(200), requestOf('TEARDOWN'))
    expect(second.request?.(requestOf('SETUP'))).toBeUndefined()
  })

  it('keeps the place for a SETUP right behind the TEARDOWN', () => {
    const { first, second } = twoConnections()
    const [one, other] = [requestOf('SETUP'), requestOf('SETUP')]
    first.request?.(one)
    first.response?.(responseOf(200), one)
    first.request?.(other)
    first.response?.(responseOf(200), requestOf('TEARDOWN'))
    expect(second.request?.(requestOf('SETUP'))).toEqual(refusal)
  })

  it('frees the place when the connection closes', () => {
    const { first, second } = twoConnections()
    first.request?.(requestOf('SETUP'))
    first.closed?.()
    expect(second.request?.(requestOf('SETUP'))).toBeUndefined()
  })
})
