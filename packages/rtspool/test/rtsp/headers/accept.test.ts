import { describe, expect, it } from 'vitest'
import { acceptsSdp } from '../../../src/rtsp/headers/accept.js'
import { RtspHeaders } from '../../../src/rtsp/message.js'

describe('Accept', () => {
  it.each([
    { values: [], isAccepted: true },
    { values: [''], isAccepted: true },
    { values: ['application/sdp'], isAccepted: true },
    { values: ['Application/SDP;level=2'], isAccepted: true },
    { values: ['*/*'], isAccepted: true },
    { values: ['application/*;q=0.1'], isAccepted: true },
    { values: ['text/html', 'application/rtsl, application/sdp;level=-2'], isAccepted: true },
    { values: ['text/html'], isAccepted: false },
    { values: ['application/sdp;q=0'], isAccepted: false },
    { values: ['application/sdp; Q = 0.000, */*'], isAccepted: false },
    { values: ['*/*;q=0, application/sdp'], isAccepted: true },
  ])('$values: SDP is accepted: $isAccepted', { tags: 'A-DES-2' }, ({ values, isAccepted }) => {
    const headers = new RtspHeaders(values.map((value) => ['Accept', value]))
    expect(acceptsSdp(headers)).toBe(isAccepted)
  })
})
