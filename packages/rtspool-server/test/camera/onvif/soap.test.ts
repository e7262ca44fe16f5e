import { describe, expect, it } from 'vitest'
import { parseSoap, SoapFault, soapEnvelope, soapFault } from '../../../src/camera/onvif/soap.js'
import { elementAt, parseXml, textAt } from '../../../src/xml/xml.js'

const envelopeOf = (body: string, header = ''): string =>
  `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope">${header}<e:Body>${body}</e:Body></e:Envelope>`

const getScopes = '<GetScopes xmlns="http://www.onvif.org/ver10/device/wsdl"><A>1</A></GetScopes>'

describe('parseSoap', () => {
  it('names an operation by its namespace, whatever prefix the client uses', () => {
    const { operation, parameters, messageId } = parseSoap(envelopeOf(getScopes))
    expect([operation, messageId]).toEqual(['tds:GetScopes', undefined])
    expect(textAt(parameters, 'A')).toBe('1')
  })

  it('reads the MessageID', () => {
    const header = '<Header><MessageID> urn:uuid:1 </MessageID></Header>'
    expect(parseSoap(envelopeOf(getScopes, header)).messageId).toBe('urn:uuid:1')
  })

  it('keeps an unknown namespace in the name', () => {
    expect(parseSoap(envelopeOf('<x:Do xmlns:x="urn:x"/>')).operation).toBe('urn:x:Do')
  })

  it.each([
    ['nothing', ''],
    ['text', 'GET / HTTP/1.1'],
    ['an open element', '<a><b></a>'],
    ['a document type', `<!DOCTYPE a [<!ENTITY b "c">]>${envelopeOf(getScopes)}`],
    ['another root', '<Envelop><Body><a/></Body></Envelop>'],
    ['an empty Body', envelopeOf('')],
    ['an entity that does not exist', envelopeOf('<a>&b;</a>')],
    ['endless nesting', '<a>'.repeat(20_000)],
  ])('refuses %s with a fault', (_, text) => {
    expect(() => parseSoap(text)).toThrow(SoapFault)
  })
})

describe('soapEnvelope', () => {
  it('relates to the request, and escapes its id', () => {
    const root = parseXml(soapEnvelope('<tds:A/>', 'a<b>&"'))
    expect(textAt(root, 'Header', 'RelatesTo')).toBe('a<b>&"')
    expect(elementAt(root, 'Body', 'A')?.namespaceURI).toBe(
      'http://www.onvif.org/ver10/device/wsdl',
    )
  })
})

describe('soapFault', () => {
  it('nests the codes, the general one outside', () => {
    const fault = new SoapFault('Sender', ['ter:InvalidArgVal', 'ter:NoProfile'], 'no <profile>')
    const root = parseXml(soapFault(fault))
    const code = elementAt(root, 'Body', 'Fault', 'Code')
    expect(code && textAt(code, 'Value')).toBe('s:Sender')
    expect(code && textAt(code, 'Subcode', 'Value')).toBe('ter:InvalidArgVal')
    expect(code && textAt(code, 'Subcode', 'Subcode', 'Value')).toBe('ter:NoProfile')
    expect(textAt(root, 'Body', 'Fault', 'Reason', 'Text')).toBe('no <profile>')
  })
})
