import { z } from 'zod'
import { type EventType, eventTypeNames } from '../../events/event-types.js'
import { file, fileText, key } from '../key-meta.js'
import { httpUrl, httpUrlText } from './http-url.js'

const types = eventTypeNames as readonly [EventType, ...EventType[]]

/** Section `webhooks` of the configuration: HTTP servers to which events are sent. */
export const webhooksSection = z.strictObject({
  urls: key(z.array(key(httpUrl(), { description: httpUrlText, isSecret: true })).default([]), {
    description: 'URLs that receive each event by POST; needs api.port',
    flag: '--webhook <url>',
    flagText: 'URL that receives each event by POST; may be repeated; needs --api-port',
    flagRepeats: true,
    // A URL may contain a password.
    isSecret: true,
    examples: [['https://alarm.example/rtsp']],
  }),
  types: key(z.array(key(z.enum(types), { description: 'a type of event' })).optional(), {
    description: 'types of events that the receivers want',
    flag: '--webhook-types <list>',
    defaultText: 'all',
    examples: [['mediaDown', 'mediaUp']],
  }),
  secretFile: key(file().optional(), {
    description:
      'file with the key that signs each event; RTSPOOL_WEBHOOK_SECRET in the environment is the key itself',
    defaultText: 'no signature',
    isFile: true,
    expected: fileText,
    examples: ['webhook.key'],
  }),
})
