import { describe, expect, it } from 'vitest'
import {
  answerTo,
  bye,
  hello,
  parseQuestion,
} from '../../../src/camera/onvif/discovery-messages.js'
import { elementAt, parseXml, textAt } from '../../../src/xml/xml.js'

const uuid = '12345678-1234-8234-8234-123456789012'
const device = { uuid, url: 'http://127.0.0.1/x?a=1&b=2', instanceId: 7, messageNumber: 3 }

const discovery11 = 'http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01'
const soap11 = 'http://schemas.xmlsoap.org/soap/envelope/'

const message = (body: string, messageId = '<a:MessageID>urn:uuid:5</a:MessageID>'): string =>
  '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" ' +
  'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" ' +
  'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:n="urn:n">' +
  `<e:Header>${messageId}</e:Header><e:Body>${body}</e:Body></e:Envelope>`

const probe = (types: string, scopes: string): string =>
  message(`<d:Probe><d:Types>${types}</d:Types><d:Scopes>${scopes}</d:Scopes></d:Probe>`)

const resolve = (id: string): string =>
  message(
    `<d:Resolve><a:EndpointReference><a:Address>urn:uuid:${id}</a:Address></a:EndpointReference></d:Resolve>`,
  )

describe('parseQuestion', () => {
  it.each([
    ['a probe for everything', message('<d:Probe/>')],
    ['a probe for video transmitters', probe('n:NetworkVideoTransmitter', '')],
    ['a probe for devices with two types', probe('n:Device n:NetworkVideoTransmitter', '')],
    ['a probe in one of its scopes', probe('', 'onvif://www.onvif.org/Profile/Streaming')],
    ['a probe in a wider scope', probe('', 'onvif://www.onvif.org/type')],
  ])('understands %s', (_, text) => {
    expect(parseQuestion(text, uuid)).toEqual({ kind: 'probe', messageId: 'urn:uuid:5' })
  })

  it('understands a question about itself', () => {
    expect(parseQuestion(resolve(uuid), uuid)?.kind).toBe('resolve')
  })

  it('understands WS-Discovery 1.1 and SOAP 1.1', () => {
    const text = message('<d:Probe/>')
      .replace('http://schemas.xmlsoap.org/ws/2005/04/discovery', discovery11)
      .replace('http://www.w3.org/2003/05/soap-envelope', soap11)
    expect(parseQuestion(text, uuid)?.kind).toBe('probe')
  })

  it.each([
    ['no XML', 'M-SEARCH * HTTP/1.1'],
    ['no envelope', '<a/>'],
    ['a root that is no envelope', message('<d:Probe/>').replaceAll('e:Envelope', 'e:Letter')],
    [
      'an envelope outside of SOAP',
      message('<d:Probe/>').replace(/xmlns:e="[^"]*"/, 'xmlns:e="e"'),
    ],
    ['a probe outside of WS-Discovery', message('<n:Probe/>')],
    ['a probe without namespace', message('<Probe/>')],
    ['no MessageID', message('<d:Probe/>', '')],
    ['an empty MessageID', message('<d:Probe/>', '<a:MessageID> </a:MessageID>')],
    [
      'a MessageID that is too long',
      message('<d:Probe/>', `<a:MessageID>${'x'.repeat(257)}</a:MessageID>`),
    ],
    ['a probe for printers', probe('n:PrintDeviceType', '')],
    ['a probe elsewhere', probe('', 'onvif://www.onvif.org/location/country/x')],
    ['a probe in a scope that only begins alike', probe('', 'onvif://www.onvif.org/typ')],
    ['a question about another device', resolve('00000000-0000-8000-8000-000000000000')],
    ['a greeting', message('<d:Hello/>')],
  ])('leaves %s to others', (_, text) => {
    expect(parseQuestion(text, uuid)).toBeUndefined()
  })
})

describe('discovery messages', () => {
  it('answer a probe with type, scopes and URL', () => {
    const root = parseXml(
      answerTo({ kind: 'probe', messageId: 'urn:uuid:5' }, device, 'urn:uuid:6'),
    )
    expect(textAt(root, 'Header', 'RelatesTo')).toBe('urn:uuid:5')
    expect(textAt(root, 'Header', 'Action')).toMatch(/discovery\/ProbeMatches$/)
    const match = elementAt(root, 'Body', 'ProbeMatches', 'ProbeMatch')
    expect(match && textAt(match, 'EndpointReference', 'Address')).toBe(`urn:uuid:${uuid}`)
    expect(match && textAt(match, 'Types')).toContain('dn:NetworkVideoTransmitter')
    expect(match && textAt(match, 'XAddrs')).toBe(device.url)
  })

  it('answer a question about the device', () => {
    const question = { kind: 'resolve', messageId: 'urn:uuid:5' } as const
    const root = parseXml(answerTo(question, device, 'urn:uuid:6'))
    expect(elementAt(root, 'Body', 'ResolveMatches', 'ResolveMatch')).toBeDefined()
  })

  it('greet with the URL, and say goodbye without', () => {
    const greeting = parseXml(hello(device, 'urn:uuid:6'))
    expect(textAt(greeting, 'Body', 'Hello', 'XAddrs')).toBe(device.url)
    const sequence = elementAt(greeting, 'Header', 'AppSequence')
    expect(sequence?.getAttribute('MessageNumber')).toBe('3')
    const farewell = elementAt(parseXml(bye(device, 'urn:uuid:6')), 'Body', 'Bye')
    expect(farewell && textAt(farewell, 'EndpointReference', 'Address')).toBe(`urn:uuid:${uuid}`)
  })
})
