import type { Element } from '@xmldom/xmldom'
import { childrenOf, elementAt, escaped, parseXml, textAt } from '../../xml/xml.js'

/** XML namespaces of all SOAP messages, by the prefix that the camera uses. */
const namespaces = {
  s: 'http://www.w3.org/2003/05/soap-envelope',
  wsa: 'http://www.w3.org/2005/08/addressing',
  wsnt: 'http://docs.oasis-open.org/wsn/b-2',
  wstop: 'http://docs.oasis-open.org/wsn/t-1',
  xsd: 'http://www.w3.org/2001/XMLSchema',
  tt: 'http://www.onvif.org/ver10/schema',
  tds: 'http://www.onvif.org/ver10/device/wsdl',
  trt: 'http://www.onvif.org/ver10/media/wsdl',
  tev: 'http://www.onvif.org/ver10/events/wsdl',
  ter: 'http://www.onvif.org/ver10/error',
  tns1: 'http://www.onvif.org/ver10/topics',
} as const

/** Prefix of an XML namespace in SOAP messages, such as `tds`. */
export type Prefix = keyof typeof namespaces

/** Returns the XML namespace (URI) of a prefix. */
export const namespaceOf = (prefix: Prefix): string => namespaces[prefix]

/** SOAP request to an ONVIF service. */
export interface SoapRequest {
  /** Prefix and name of the operation, such as `tds:GetServices`, with the prefix of this code for its namespace. */
  readonly operation: string
  /** Element of the operation, with its parameters. */
  readonly parameters: Element
  readonly header: Element | undefined
  /** `MessageID` of WS-Addressing, to which the response refers; `undefined` without one. */
  readonly messageId: string | undefined
}

/** Error that refuses a request, and becomes a SOAP fault (error response). */
export class SoapFault extends Error {
  /** Side that has made the mistake: the client (`Sender`) or the camera (`Receiver`). */
  readonly side: 'Sender' | 'Receiver'
  /** Codes of ONVIF, the general one first, such as `ter:InvalidArgVal`, `ter:NoProfile`. */
  readonly codes: readonly string[]

  constructor(side: 'Sender' | 'Receiver', codes: readonly string[], reason: string) {
    super(reason)
    this.side = side
    this.codes = codes
  }
}

/**
 * Parses a SOAP request.
 *
 * @throws {SoapFault} `ter:WellFormed` if the text is no SOAP envelope with an operation.
 */
export function parseSoap(text: string): SoapRequest {
  const envelope = rootOf(text)
  const [parameters] = childrenOf(elementAt(envelope, 'Body') ?? envelope)
  if (envelope.localName !== 'Envelope' || !parameters || parameters.localName === 'Header') {
    throw malformed('expected a SOAP envelope with an operation in its Body')
  }
  const { namespaceURI, localName } = parameters
  const prefixes = Object.keys(namespaces) as Prefix[]
  const prefix = prefixes.find((each) => namespaces[each] === namespaceURI)
  return {
    operation: `${prefix ?? namespaceURI}:${localName}`,
    parameters,
    header: elementAt(envelope, 'Header'),
    messageId: textAt(envelope, 'Header', 'MessageID'),
  }
}

function rootOf(text: string): Element {
  try {
    return parseXml(text)
  } catch (error) {
    throw malformed(`expected well-formed XML: ${error instanceof Error ? error.message : error}`)
  }
}

const malformed = (reason: string): SoapFault => new SoapFault('Sender', ['ter:WellFormed'], reason)

/**
 * Wraps the content of a response, such as `<tds:GetScopesResponse>…`, in a SOAP envelope. `relatesTo`: `MessageID` of
 * the request.
 */
export function soapEnvelope(body: string, relatesTo?: string): string {
  const declarations = Object.entries(namespaces).map(
    ([prefix, uri]) => ` xmlns:${prefix}="${uri}"`,
  )
  const related =
    relatesTo === undefined ? '' : `<wsa:RelatesTo>${escaped(relatesTo)}</wsa:RelatesTo>`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<s:Envelope${declarations.join('')}><s:Header>${related}</s:Header>`,
    `<s:Body>${body}</s:Body></s:Envelope>`,
  ].join('')
}

/** Formats a SOAP fault (error response) as XML (SOAP 1.2 part 1 section 5.4). */
export function soapFault({ side, codes, message }: SoapFault): string {
  const code = ['', ...codes].reduceRight(
    (inner, each) => (each === '' ? inner : subcode(each, inner)),
    '',
  )
  return soapEnvelope(
    `<s:Fault><s:Code><s:Value>s:${side}</s:Value>${code}</s:Code><s:Reason>` +
      `<s:Text xml:lang="en">${escaped(message)}</s:Text></s:Reason></s:Fault>`,
  )
}

const subcode = (code: string, inner: string): string =>
  `<s:Subcode><s:Value>${code}</s:Value>${inner}</s:Subcode>`
