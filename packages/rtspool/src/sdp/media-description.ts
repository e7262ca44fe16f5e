import { parseRtpMap, type RtpMap, staticRtpMap } from './rtpmap.js'
import { SdpSection } from './section.js'

/** Contents of an `m=` line: `m=<kind> <port>/<portCount> <protocol> <formats>`. */
export interface MediaLine {
  /** Media type: `video`, `audio`, `application`, … */
  readonly kind: string
  /** Port, 0 to 65535; 0 in an RTSP description, because SETUP chooses the ports. */
  readonly port: number
  /**
   * Number of ports in the `m=` line.
   *
   * @default 1
   */
  readonly portCount?: number
  /** Transport protocol: `RTP/AVP`, `RTP/AVP/TCP`, `RTP/SAVP`, … */
  readonly protocol: string
  /** Formats of the media, which for RTP are payload types. */
  readonly formats: readonly string[]
}

const largestPort = 65535
const largestPayloadType = 127

/** Matches a `token` of RFC 8866 section 9, such as an encoding name. */
const tokenPattern = /^[!#$%&'*+\-.^_`{|}~0-9A-Za-z]+$/
const isToken = (text: string): boolean => tokenPattern.test(text)

const portPattern = /^(\d{1,5})(?:\/(\d{1,5}))?$/

/**
 * Parses the value of an `m=` line. A missing or invalid port counts as 0, because SETUP decides
 * (RFC 2326 appendix C.1.2). Formats that are no tokens are left out.
 *
 * @returns `undefined` if media type or protocol is missing or no token.
 */
export function parseMediaLine(value: string): MediaLine | undefined {
  const [kind, ...words] = value.split(/\s+/).filter((word) => word !== '')
  const isPortMissing = words[0] !== undefined && isProtocol(words[0])
  const [portText, protocol, ...rest] = isPortMissing ? ['0', ...words] : words
  if (kind === undefined || portText === undefined || protocol === undefined) return undefined
  if (!isToken(kind) || !protocol.split('/').every(isToken)) return undefined
  const formats = rest.filter(isToken)
  const match = portPattern.exec(portText)
  const port = Number(match?.[1] ?? Number.NaN)
  if (!(port <= largestPort)) return { kind, port: 0, protocol, formats }
  return { kind, port, portCount: Number(match?.[2] ?? 1), protocol, formats }
}

/** Returns whether a value accepted by {@link parseMediaLine} can be written unchanged. */
export function isWellFormedMediaLine(value: string): boolean {
  const [, port = '', protocol, ...formats] = value.trim().split(/\s+/)
  const isPort = Number(portPattern.exec(port)?.[1] ?? Number.NaN) <= largestPort
  return isPort && protocol !== undefined && formats.every(isToken)
}

const isProtocol = (word: string): boolean => /^[A-Za-z]+\/[A-Za-z]/.test(word)

/** Description of one track: an `m=` line and the lines below it. */
export class MediaDescription {
  readonly kind: string
  readonly portCount: number
  readonly formats: readonly string[]
  /** Lines of the track below its `m=` line. */
  readonly section: SdpSection
  #port: number
  #protocol: string
  /** Value of the `m=` line as received; `undefined` after a change of the line. */
  #receivedValue: string | undefined

  /**
   * Creates the description of one track.
   *
   * @param line - Contents of the `m=` line.
   * @param section - Lines below the `m=` line; used, not copied.
   * @param receivedValue - Value of the `m=` line as received. As long as nothing changes, {@link
   * serializeSdp} writes it.
   */
  constructor(line: MediaLine, section = new SdpSection(), receivedValue?: string) {
    this.kind = line.kind
    this.portCount = line.portCount ?? 1
    this.formats = [...line.formats]
    this.section = section
    this.#port = requirePort(line.port)
    this.#protocol = line.protocol
    this.#receivedValue = receivedValue
  }

  get port(): number {
    return this.#port
  }

  set port(port: number) {
    this.#port = requirePort(port)
    this.#receivedValue = undefined
  }

  get protocol(): string {
    return this.#protocol
  }

  set protocol(protocol: string) {
    this.#protocol = protocol
    this.#receivedValue = undefined
  }

  /** Value of the `m=` line: as received, or written anew if a field has changed. */
  get mediaLine(): string {
    if (this.#receivedValue !== undefined) return this.#receivedValue
    const ports = this.portCount === 1 ? `${this.#port}` : `${this.#port}/${this.portCount}`
    return [this.kind, ports, this.#protocol, ...this.formats].join(' ')
  }

  /** Formats that are payload types, 0 to 127, in order of preference. */
  get payloadTypes(): number[] {
    return this.formats
      .filter((format) => /^\d{1,3}$/.test(format) && Number(format) <= largestPayloadType)
      .map(Number)
  }

  /**
   * Returns the encoding of a payload type: `a=rtpmap`, else RFC 3551's table of static payload
   * types.
   *
   * A broken `a=rtpmap` counts as missing.
   */
  rtpmap(payloadType: number): RtpMap | undefined {
    const text = this.#attributeOfPayloadType('rtpmap', payloadType)
    return (text === undefined ? undefined : parseRtpMap(text)) ?? staticRtpMap(payloadType)
  }

  /** Returns the value of `a=fmtp` for a payload type, as received; `undefined` without one. */
  fmtp(payloadType: number): string | undefined {
    return this.#attributeOfPayloadType('fmtp', payloadType)
  }

  /** Value of `a=control`, which may be relative; see {@link resolveControl}. */
  get control(): string | undefined {
    return this.section.attribute('control')?.trim()
  }

  /**
   * Returns the value of the first line of a type below the `m=` line, as {@link SdpSection.value} does; `undefined`
   * without one.
   */
  value(type: string): string | undefined {
    return this.section.value(type)
  }

  /** Replaces or inserts a line of a type below the `m=` line, as {@link SdpSection.setValue} does. */
  setValue(type: string, value: string): void {
    this.section.setValue(type, value)
  }

  /** Removes all lines of a type below the `m=` line, as {@link SdpSection.removeValues} does. */
  removeValues(type: string): void {
    this.section.removeValues(type)
  }

  /**
   * Returns the value of the track's first `a=name:value` line, as {@link SdpSection.attribute} does; `undefined`
   * without one.
   */
  attribute(name: string): string | undefined {
    return this.section.attribute(name)
  }

  /** Returns the values of all `a=name…` lines of the track, as {@link SdpSection.attributes} does. */
  attributes(name: string): string[] {
    return this.section.attributes(name)
  }

  hasAttribute(name: string): boolean {
    return this.section.hasAttribute(name)
  }

  /** Replaces the track's first `a=name…` line or adds one, as {@link SdpSection.setAttribute} does. */
  setAttribute(name: string, value?: string): void {
    this.section.setAttribute(name, value)
  }

  /** Adds an `a=name…` line to the track, as {@link SdpSection.addAttribute} does. */
  addAttribute(name: string, value?: string): void {
    this.section.addAttribute(name, value)
  }

  /** Removes all `a=name…` lines of the track, as {@link SdpSection.removeAttributes} does. */
  removeAttributes(name: string): void {
    this.section.removeAttributes(name)
  }

  /** Returns a copy of this description. Changes of the copy do not change the original. */
  clone(): MediaDescription {
    return new MediaDescription(this, this.section.clone(), this.#receivedValue)
  }

  #attributeOfPayloadType(name: string, payloadType: number): string | undefined {
    for (const text of this.section.attributes(name)) {
      const match = /^\s*(\d{1,3})\s+(\S.*)$/.exec(text)
      if (match !== null && Number(match[1]) === payloadType) return match[2]?.trimEnd()
    }
    return undefined
  }
}

function requirePort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= largestPort) return port
  throw new RangeError(`port must be an integer from 0 to ${largestPort}, got ${port}`)
}
