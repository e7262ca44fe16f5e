import type { Element } from '@xmldom/xmldom'
import { childrenOf, elementAt, escaped, parseXml, textAt } from '../../xml/xml.js'
import { scopes } from './device-service.js'

/** Namespaces of WS-Discovery, April 2005, which ONVIF uses. */
const namespaces = {
  s: 'http://www.w3.org/2003/05/soap-envelope',
  a: 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  d: 'http://schemas.xmlsoap.org/ws/2005/04/discovery',
  dn: 'http://www.onvif.org/ver10/network/wsdl',
  tds: 'http://www.onvif.org/ver10/device/wsdl',
} as const

/** Namespaces in which questions arrive: SOAP 1.1 and 1.2, and WS-Discovery of 2005 and 1.1. */
const envelopes: readonly (string | null)[] = [
  namespaces.s,
  'http://schemas.xmlsoap.org/soap/envelope/',
]
const discoveries: readonly (string | null)[] = [
  namespaces.d,
  'http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01',
]

/** Longest `MessageID` in characters that an answer repeats. */
const maxMessageId = 256

const types = ['NetworkVideoTransmitter', 'Device']
const everybody = 'urn:schemas-xmlsoap-org:ws:2005:04:discovery'
const anonymous = `${namespaces.a}/role/anonymous`

/** Device on the network, and numbers for the order of its messages. */
export interface DiscoveredDevice {
  /** UUID of the device, without `urn:uuid:`. */
  readonly uuid: string
  /** URL of the ONVIF device service, as the receiver of the message reaches it. */
  readonly url: string
  /** Seconds since 1970 at which the device has started. */
  readonly instanceId: number
  /** Number of the message since the device has started, from 1. */
  readonly messageNumber: number
}

/** Question of WS-Discovery from a client: to all devices (a probe), or about one device (`resolve`). */
export interface DiscoveryQuestion {
  readonly kind: 'probe' | 'resolve'
  /** `MessageID` of the question, which the answer repeats. */
  readonly messageId: string
}

/**
 * Parses a datagram: an envelope of SOAP with a question of WS-Discovery and its `MessageID`.
 *
 * @param uuid - UUID of the own device.
 * @returns The question; `undefined` if the datagram is none, or asks for other devices.
 */
export function parseQuestion(text: string, uuid: string): DiscoveryQuestion | undefined {
  const envelope = parsed(text)
  if (envelope?.localName !== 'Envelope' || !envelopes.includes(envelope.namespaceURI)) {
    return undefined
  }
  const messageId = textAt(envelope, 'Header', 'MessageID') ?? ''
  if (messageId === '' || messageId.length > maxMessageId) return undefined
  const body = elementAt(envelope, 'Body')
  const [question] = body ? childrenOf(body) : []
  if (!question || !discoveries.includes(question.namespaceURI)) return undefined
  const { localName } = question
  if (localName === 'Probe' && isMeant(question)) return { kind: 'probe', messageId }
  const address = textAt(question, 'EndpointReference', 'Address')
  const isOwn = localName === 'Resolve' && address === `urn:uuid:${uuid}`
  return isOwn ? { kind: 'resolve', messageId } : undefined
}

function parsed(text: string): Element | undefined {
  try {
    return parseXml(text)
  } catch {
    // The port is open to everybody; nobody waits for an explanation.
    return undefined
  }
}

/** Returns whether a probe asks for a kind of device, and for scopes, that the own device has. */
function isMeant(probe: Element): boolean {
  const wanted = wordsAt(probe, 'Types').map((name) => name.replace(/^.*:/, ''))
  const isKnown = wanted.every((name) => types.includes(name))
  // RFC 3986 matching: a scope stands for all below it (WS-Discovery section 5.1).
  const isWithin = (scope: string): boolean =>
    scopes.some((own) => `${own}/`.startsWith(scope.replace(/\/?$/, '/')))
  return isKnown && wordsAt(probe, 'Scopes').every(isWithin)
}

const wordsAt = (element: Element, name: string): readonly string[] =>
  (textAt(element, name) ?? '').split(/\s+/).filter((word) => word !== '')

/** Formats the answer to a question of WS-Discovery. @param messageId - `MessageID` of the answer, as a URI. */
export function answerTo(
  question: DiscoveryQuestion,
  device: DiscoveredDevice,
  messageId: string,
): string {
  const name = question.kind === 'probe' ? 'ProbeMatch' : 'ResolveMatch'
  return message(device, messageId, {
    action: `${name}es`,
    to: anonymous,
    relatesTo: question.messageId,
    body: `<d:${name}es><d:${name}>${description(device)}</d:${name}></d:${name}es>`,
  })
}

/** Formats the message of WS-Discovery that announces a device that has started. */
export const hello = (device: DiscoveredDevice, messageId: string): string =>
  message(device, messageId, {
    ...{ action: 'Hello', to: everybody, relatesTo: undefined },
    body: `<d:Hello>${description(device)}</d:Hello>`,
  })

/** Formats the message of WS-Discovery that announces the end of a device. */
export const bye = (device: DiscoveredDevice, messageId: string): string =>
  message(device, messageId, {
    ...{ action: 'Bye', to: everybody, relatesTo: undefined },
    body: `<d:Bye>${endpoint(device)}</d:Bye>`,
  })

const endpoint = ({ uuid }: DiscoveredDevice): string =>
  `<a:EndpointReference><a:Address>urn:uuid:${uuid}</a:Address></a:EndpointReference>`

const description = (device: DiscoveredDevice): string =>
  `${endpoint(device)}<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>` +
  `<d:Scopes>${scopes.join(' ')}</d:Scopes><d:XAddrs>${escaped(device.url)}</d:XAddrs>` +
  '<d:MetadataVersion>1</d:MetadataVersion>'

interface MessageParts {
  readonly action: string
  readonly to: string
  readonly relatesTo: string | undefined
  readonly body: string
}

function message(
  { instanceId, messageNumber }: DiscoveredDevice,
  messageId: string,
  { action, to, relatesTo, body }: MessageParts,
): string {
  const declarations = Object.entries(namespaces).map(
    ([prefix, uri]) => ` xmlns:${prefix}="${uri}"`,
  )
  const related = relatesTo === undefined ? '' : `<a:RelatesTo>${escaped(relatesTo)}</a:RelatesTo>`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<s:Envelope${declarations.join('')}><s:Header><a:MessageID>${messageId}</a:MessageID>`,
    `${related}<a:To>${to}</a:To><a:Action>${namespaces.d}/${action}</a:Action>`,
    `<d:AppSequence InstanceId="${instanceId}" MessageNumber="${messageNumber}"/></s:Header>`,
    `<s:Body>${body}</s:Body></s:Envelope>`,
  ].join('')
}
