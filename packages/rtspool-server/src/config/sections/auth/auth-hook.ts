import { z } from 'zod'
import { credentialParts, hookActions } from '../../../access/hook/hook-logins.js'
import { count, file, fileText, key, seconds } from '../../key-meta.js'
import { httpUrl, httpUrlText } from '../http-url.js'

const usualActions = ['read', 'publish', 'talk'] as const
const most = (least: number) => count().min(least)

/** Section `auth.hook` of the configuration: an HTTP server that decides about logins. */
export const authHookSection = z.strictObject({
  url: key(httpUrl().optional(), {
    description:
      'URL that is asked by POST about logins that the users of this server and tokens leave open',
    flag: '--auth-hook <url>',
    // A URL may contain a password.
    isSecret: true,
    live: true,
    expected: httpUrlText,
    examples: ['https://login.example/rtsp'],
  }),
  timeout: key(seconds().gt(0).default(5), {
    description: 'time within which an answer must be there, with the wait for a connection',
    unit: 'seconds',
    live: true,
  }),
  cacheYes: key(seconds().default(30), {
    description: 'time for which a yes to the same question is remembered; 0 = not at all',
    unit: 'seconds',
    live: true,
  }),
  cacheNo: key(seconds().default(5), {
    description: 'time for which a no to the same question is remembered; 0 = not at all',
    unit: 'seconds',
    live: true,
  }),
  maxConnections: key(most(1).default(16), {
    description: 'questions at a time, each over one connection',
    live: true,
  }),
  maxWaiting: key(count().default(1000), {
    description:
      'questions that may wait for a connection, at most a quarter of them of one host; further logins get 503',
    live: true,
  }),
  actions: key(
    z.array(key(z.enum(hookActions), { description: 'an action' })).default([...usualActions]),
    {
      description:
        'actions that are asked about; about others the rules decide; api is the login to the control API and its page',
      live: true,
    },
  ),
  credentials: key(
    z
      .array(key(z.enum(credentialParts), { description: 'a part of the credentials' }))
      .default([...credentialParts]),
    { description: 'parts of the credentials that the receiver gets', live: true },
  ),
  digest: key(z.boolean().default(false), {
    description:
      'ask about Digest as well, so that passwords need not cross the network; the receiver answers with HA1',
    live: true,
  }),
  secretFile: key(file().optional(), {
    description:
      'file with the key that signs each question; RTSPOOL_AUTH_HOOK_SECRET in the environment is the key itself',
    defaultText: 'no signature',
    isFile: true,
    live: true,
    expected: fileText,
    examples: ['hook.key'],
  }),
  caFile: key(file().optional(), {
    description:
      'file with the certificates of the authorities that the receiver must have, in PEM',
    defaultText: 'the well-known authorities',
    isFile: true,
    live: true,
    expected: fileText,
    examples: ['ca.pem'],
  }),
})
