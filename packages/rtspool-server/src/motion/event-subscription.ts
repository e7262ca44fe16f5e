import type { Element } from '@xmldom/xmldom'
import type { Clock } from 'rtspool'
import { childrenOf, elementAt, textAt } from '../xml/xml.js'
import { type SoapClient, xmlOf } from './soap-client.js'

const lifeSeconds = 60
/** Seconds for which a PullMessages waits for an event at the camera. */
export const waitSeconds = 20
/** Milliseconds after which a subscription is renewed, for cameras that a PullMessages does not suffice. */
const renewMs = 25_000

const wsn = 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager'
const tev = 'http://www.onvif.org/ver10/events/wsdl'
const tds = 'http://www.onvif.org/ver10/device/wsdl'
const life = `PT${lifeSeconds}S`

/** Subscription to the events of a camera (pull point; ONVIF core specification section 9). */
export class EventSubscription {
  readonly #client: SoapClient
  readonly #clock: Clock
  readonly #url: string
  readonly #header: string
  #renewedMs: number

  private constructor(client: SoapClient, clock: Clock, url: string, header: string) {
    this.#client = client
    this.#clock = clock
    this.#url = url
    this.#header = header
    this.#renewedMs = clock.now()
  }

  /**
   * Subscribes to the events of a camera. Sends credentials to the host of `device` only, whatever addresses the camera
   * names.
   *
   * @param device - URL of the device service.
   * @throws {Error} The camera cannot be reached, refuses, or has no events; the message says why.
   */
  static async open(
    client: SoapClient,
    clock: Clock,
    device: string,
    signal: AbortSignal,
  ): Promise<EventSubscription> {
    client.clockLeadMs = await clockLeadOf(client, clock, device, signal)
    const capabilities = await client.call({
      ...{ url: device, action: `${tds}/GetCapabilities`, signal },
      body: '<tds:GetCapabilities><tds:Category>Events</tds:Category></tds:GetCapabilities>',
    })
    const events = textAt(capabilities, 'Capabilities', 'Events', 'XAddr')
    if (!events) throw new Error('the camera has no events')
    const created = await client.call({
      ...{ url: atHostOf(device, events), signal },
      action: `${tev}/EventPortType/CreatePullPointSubscriptionRequest`,
      body: `<tev:CreatePullPointSubscription><tev:InitialTerminationTime>${life}</tev:InitialTerminationTime></tev:CreatePullPointSubscription>`,
    })
    const reference = elementAt(created, 'SubscriptionReference')
    const address = reference && textAt(reference, 'Address')
    if (!address) throw new Error('the camera names no subscription')
    const parameters = elementAt(reference, 'ReferenceParameters')
    const header = parameters ? childrenOf(parameters).map(xmlOf).join('') : ''
    return new EventSubscription(client, clock, atHostOf(device, address), header)
  }

  /** Waits for events, at most {@link waitSeconds}, and renews the subscription. @returns The response, with them */
  async pull(signal: AbortSignal): Promise<Element> {
    const messages = await this.#call(
      `${tev}/PullPointSubscription/PullMessagesRequest`,
      `<tev:PullMessages><tev:Timeout>PT${waitSeconds}S</tev:Timeout><tev:MessageLimit>100</tev:MessageLimit></tev:PullMessages>`,
      signal,
    )
    if (this.#clock.now() - this.#renewedMs >= renewMs) await this.#renew(signal)
    return messages
  }

  /** Ends the subscription at the camera. Never throws. */
  async close(signal: AbortSignal): Promise<void> {
    const body = '<wsnt:Unsubscribe/>'
    await this.#call(`${wsn}/UnsubscribeRequest`, body, signal).catch(() => undefined)
  }

  /** Renews the subscription. Cameras for which PullMessages is enough may refuse. */
  async #renew(signal: AbortSignal): Promise<void> {
    this.#renewedMs = this.#clock.now()
    const body = `<wsnt:Renew><wsnt:TerminationTime>${life}</wsnt:TerminationTime></wsnt:Renew>`
    await this.#call(`${wsn}/RenewRequest`, body, signal).catch(() => undefined)
  }

  #call(action: string, body: string, signal: AbortSignal): Promise<Element> {
    return this.#client.call({ url: this.#url, action, body, signal, header: this.#header })
  }
}

/** Returns the milliseconds by which the clock of a camera is ahead; 0 if the camera does not tell. */
async function clockLeadOf(
  client: SoapClient,
  clock: Clock,
  url: string,
  signal: AbortSignal,
): Promise<number> {
  const action = `${tds}/GetSystemDateAndTime`
  const body = '<tds:GetSystemDateAndTime/>'
  // Some cameras want a login even for this. The next request says if a camera is away.
  const told = await client
    .call({ url, action, body, signal, isPublic: true })
    .catch(() => undefined)
  const utc = told && elementAt(told, 'SystemDateAndTime', 'UTCDateTime')
  if (!utc) return 0
  const numberAt = (...names: readonly string[]): number => Number(textAt(utc, ...names))
  const unixMs = Date.UTC(
    ...([
      numberAt('Date', 'Year'),
      numberAt('Date', 'Month') - 1,
      numberAt('Date', 'Day'),
    ] as const),
    ...([
      numberAt('Time', 'Hour'),
      numberAt('Time', 'Minute'),
      numberAt('Time', 'Second'),
    ] as const),
  )
  return Number.isNaN(unixMs) ? 0 : unixMs - clock.unixTimeMs()
}

/**
 * Returns an address of a camera with scheme, host and port of the device, unless its host is the same already. A login
 * in the address is left out, because `fetch` refuses it.
 */
function atHostOf(device: string, address: string): string {
  const [known, told] = [new URL(device), new URL(address, device)]
  const isSame = told.hostname === known.hostname && told.protocol === known.protocol
  return `${isSame ? told.origin : known.origin}${told.pathname}${told.search}`
}
