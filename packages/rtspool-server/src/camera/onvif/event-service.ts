import { escaped, textAt } from '../../xml/xml.js'
import type { Faults } from '../faults.js'
import { invalidValue, type OnvifCall, type Operations, servicePaths, serviceUrl } from './call.js'
import { dateTime, parseDuration } from './duration.js'
import {
  type MotionMessage,
  maxPullPoints,
  type PullPoint,
  type PullPointLife,
  type PullPoints,
} from './pull-points.js'
import { SoapFault } from './soap.js'

/** Milliseconds for which a subscription lives if the client names no time; the next constant is the maximum. */
const usualLifeMs = 60_000
const longestLifeMs = 3_600_000
/** Maximum wait of a PullMessages request in milliseconds; the next constant is the maximum number of its messages. */
const longestWaitMs = 60_000
const mostMessages = 100

/** Subscriptions, clock and state of the cameras that the event service uses. */
export interface EventFacts {
  readonly points: PullPoints
  /** Name of the video source in which motion is detected. */
  readonly source: string
  unixTimeMs(): number
  /** Returns whether a camera with these faults sends no events now, as a quirk demands. */
  isMuted(faults: Faults): Promise<boolean>
}

/** Creates the operations of the event service (ONVIF core specification section 9). */
export function eventOperations({ points, unixTimeMs }: EventFacts): Operations {
  return {
    'tev:GetServiceCapabilities': () =>
      `<tev:Capabilities WSPullPointSupport="true" MaxPullPoints="${maxPullPoints}"/>`,
    'tev:GetEventProperties': () => eventProperties,
    'tev:CreatePullPointSubscription': (call) => {
      const life = lifeOf(textAt(call.parameters, 'InitialTerminationTime'), unixTimeMs())
      const point = points.create(call.faults.motion, life)
      if (!point) {
        const reason = `expected at most ${maxPullPoints} subscriptions, got one more`
        throw new SoapFault('Receiver', ['ter:Action', 'ter:MaxPullPoints'], reason)
      }
      const address = escaped(serviceUrl(call, servicePaths.subscription + point.id))
      return (
        `<tev:SubscriptionReference><wsa:Address>${address}</wsa:Address>` +
        `</tev:SubscriptionReference>${times('wsnt', unixTimeMs(), point)}`
      )
    },
  }
}

/** Creates the operations of one event subscription, which has a URL of its own. */
export function subscriptionOperations(facts: EventFacts, point: PullPoint): Operations {
  const { points, source, unixTimeMs } = facts
  return {
    'tev:PullMessages': async (call) => {
      const [waitMs, limit] = pullLimits(call)
      const messages = await point.pull(waitMs, limit, call.signal)
      const told = (await facts.isMuted(call.faults)) ? [] : messages
      const notifications = told.map((each) => notification(source, point, each)).join('')
      return times('tev', unixTimeMs(), point) + notifications
    },
    'tev:SetSynchronizationPoint': () => {
      point.repeatState()
      return ''
    },
    'wsnt:Renew': ({ parameters }) => {
      point.renew(lifeOf(textAt(parameters, 'TerminationTime'), unixTimeMs()))
      return renewed(unixTimeMs(), point)
    },
    'wsnt:Unsubscribe': () => {
      points.remove(point)
      return ''
    },
  }
}

/** Returns the life of a subscription: a duration, or up to a point in time. @throws {SoapFault} */
function lifeOf(text: string | undefined, nowUnixMs: number): PullPointLife {
  if (text === undefined || text === '') return { lifetimeMs: usualLifeMs, isFixed: false }
  const duration = parseDuration(text)
  const lifetimeMs = Math.min(duration ?? Date.parse(text) - nowUnixMs, longestLifeMs)
  if (lifetimeMs > 0) return { lifetimeMs, isFixed: duration === undefined }
  const expected = 'a duration such as PT1M, or a time to come'
  throw invalidValue('ter:InvalidArgs', `expected ${expected}, got ${text}`)
}

/** Returns the maximum wait and number of messages of a PullMessages request. @throws {SoapFault} One is wrong. */
function pullLimits({ parameters }: OnvifCall): readonly [waitMs: number, limit: number] {
  const [timeout = '', limit = ''] = [
    textAt(parameters, 'Timeout'),
    textAt(parameters, 'MessageLimit'),
  ]
  const waitMs = parseDuration(timeout)
  if (waitMs === undefined || !/^[1-9]\d*$/.test(limit)) {
    const got = `Timeout ${timeout} and MessageLimit ${limit}`
    const expected = 'a Timeout such as PT5S and a MessageLimit from 1'
    throw invalidValue('ter:InvalidArgs', `expected ${expected}, got ${got}`)
  }
  return [Math.min(waitMs, longestWaitMs), Math.min(Number(limit), mostMessages)]
}

const times = (prefix: 'tev' | 'wsnt', nowUnixMs: number, point: PullPoint): string =>
  `<${prefix}:CurrentTime>${dateTime(nowUnixMs)}</${prefix}:CurrentTime>` +
  `<${prefix}:TerminationTime>${dateTime(point.expiresUnixMs)}</${prefix}:TerminationTime>`

const renewed = (nowUnixMs: number, point: PullPoint): string =>
  `<wsnt:TerminationTime>${dateTime(point.expiresUnixMs)}</wsnt:TerminationTime>` +
  `<wsnt:CurrentTime>${dateTime(nowUnixMs)}</wsnt:CurrentTime>`

const dialect = 'http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet'

const notification = (source: string, point: PullPoint, message: MotionMessage): string =>
  `<wsnt:NotificationMessage><wsnt:Topic Dialect="${dialect}">tns1:VideoSource/MotionAlarm` +
  `</wsnt:Topic><wsnt:Message><tt:Message UtcTime="${dateTime(point.unixMsOf(message))}" ` +
  `PropertyOperation="${message.isFirst ? 'Initialized' : 'Changed'}">` +
  `<tt:Source><tt:SimpleItem Name="Source" Value="${escaped(source)}"/></tt:Source>` +
  `<tt:Data><tt:SimpleItem Name="State" Value="${message.isMoving}"/></tt:Data>` +
  '</tt:Message></wsnt:Message></wsnt:NotificationMessage>'

const eventProperties =
  '<tev:TopicNamespaceLocation>http://www.onvif.org/onvif/ver10/topics/topicns.xml' +
  '</tev:TopicNamespaceLocation><wsnt:FixedTopicSet>true</wsnt:FixedTopicSet>' +
  '<wstop:TopicSet><tns1:VideoSource><MotionAlarm wstop:topic="true">' +
  '<tt:MessageDescription IsProperty="true"><tt:Source>' +
  '<tt:SimpleItemDescription Name="Source" Type="tt:ReferenceToken"/></tt:Source><tt:Data>' +
  '<tt:SimpleItemDescription Name="State" Type="xsd:boolean"/></tt:Data></tt:MessageDescription>' +
  '</MotionAlarm></tns1:VideoSource></wstop:TopicSet>' +
  `<wsnt:TopicExpressionDialect>${dialect}</wsnt:TopicExpressionDialect>` +
  '<wsnt:TopicExpressionDialect>http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete' +
  '</wsnt:TopicExpressionDialect><tev:MessageContentFilterDialect>' +
  'http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter' +
  '</tev:MessageContentFilterDialect><tev:MessageContentSchemaLocation>' +
  'http://www.onvif.org/onvif/ver10/schema/onvif.xsd</tev:MessageContentSchemaLocation>'
