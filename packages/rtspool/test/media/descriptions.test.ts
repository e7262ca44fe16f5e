import { expect, it } from 'vitest'
import { Descriptions } from '../../src/media/descriptions.js'
import { createMediaDescription, parseSdp } from '../../src/sdp/index.js'
import { testSdp } from '../support/test-server.js'

const scene = () =>
  new Descriptions(parseSdp(Buffer.from(testSdp)), { id: 42, version: 1 }, undefined)
const backChannel = createMediaDescription({
  ...{ kind: 'audio', payloadType: 0, encoding: 'PCMU', clockRate: 8000 },
})

it('clients that see the same are sent the same bytes', () => {
  const descriptions = scene()
  const views = [
    {},
    { family: 6 },
    { backChannel },
    { family: 6, backChannel },
    { places: [undefined, undefined] },
    { keys: { form: 'bare', version: '1', attributeOf: () => 'mikey AAAA' } },
    { keys: { form: 'indexed', version: '1', attributeOf: () => 'mikey BBBB' } },
  ] as const
  const first = views.map((view) => descriptions.for(view))
  expect(new Set(first).size).toBe(views.length)
  views.forEach((view, index) => {
    expect(descriptions.for(view)).toBe(first[index])
  })
})

it('keys and groups that have changed are told', () => {
  const descriptions = scene()
  const keysOf = (version: string) => ({
    keys: { form: 'bare', version, attributeOf: (index: number) => `mikey ${version}${index}` },
  })
  expect(descriptions.for(keysOf('a')).toString()).toContain('a=key-mgmt:mikey a1')
  expect(descriptions.for(keysOf('b')).toString()).toContain('a=key-mgmt:mikey b1')
  const placesAt = (address: string) => ({
    places: [{ address, ports: [5000, 5001], ttl: 1 }, undefined],
  })
  for (const address of ['239.0.0.1', '239.0.0.2']) {
    const view = placesAt(address) as Parameters<typeof descriptions.for>[0]
    expect(descriptions.for(view).toString()).toContain(`c=IN IP4 ${address}/1`)
  }
})

it('the null address is of the family of the client', { tags: 'A-DES-6' }, () => {
  const descriptions = scene()
  const addressOf = (family: 4 | 6) => parseSdp(descriptions.for({ family })).session.value('c')
  expect([addressOf(4), addressOf(6)]).toEqual(['IN IP4 0.0.0.0', 'IN IP6 ::'])
})

it('with keys, tracks are RTP/SAVP, and the back channel is as it was', () => {
  const keys = { form: 'bare', version: '1', attributeOf: (index: number) => `mikey K${index}` }
  const { media } = parseSdp(scene().for({ keys, backChannel }))
  expect(media.map(({ protocol }) => protocol)).toEqual(['RTP/SAVP', 'RTP/SAVP', 'RTP/AVP'])
  expect(media.map(({ section }) => section.attribute('key-mgmt'))).toEqual([
    'mikey K0',
    'mikey K1',
    undefined,
  ])
})
