import { checkOptions, isRecord, shapeOf, withoutUndefined } from '../../option-checks.js'
import { checkGroups } from '../session-groups.js'
import { checkSessionInit, type SessionInit } from '../session-init.js'
import { checkOwner } from '../session-owner.js'
import type { AdmitContext } from './admission-control.js'

/**
 * Result of the hook `onAdmit`, after the check: properties of the admitted session, or the status
 * of the refusal.
 */
export type AdmitDecision<Data extends object = object> =
  | { readonly init: SessionInit<Data> }
  | { readonly statusCode: number; readonly message?: string }

const forbidden = 403
const firstRefusal = 300
const lastRefusal = 599

/**
 * Checks the return value of `onAdmit`. Only an explicit `true` or `{ init }` admits, so that a
 * hook which forgets to return a value admits nobody.
 *
 * @throws {RangeError | TypeError} names the expected and the actual type, never a value, which may
 *   be secret.
 */
export function readAdmitAnswer(answer: unknown): AdmitDecision {
  if (answer === true) return { init: {} }
  if (answer === false) return { statusCode: forbidden }
  const names = isRecord(answer) ? Object.keys(answer) : []
  const { init, statusCode, message } = isRecord(answer) ? answer : {}
  if (isRecord(init) && names.length === 1) {
    checkSessionInit(init)
    return { init: withoutUndefined(init) }
  }
  const isText = message === undefined || typeof message === 'string'
  const isOther = names.some((name) => name !== 'statusCode' && name !== 'message')
  if (isRefusal(statusCode) && isText && !isOther) {
    return message === undefined ? { statusCode } : { statusCode, message }
  }
  const isStatus = names.length === 1 && typeof statusCode === 'number'
  const got = isStatus ? `a statusCode of ${statusCode}` : shapeOf(answer)
  throw new TypeError(
    `onAdmit must return true, false, { init } or { statusCode } from 300 to 599, got ${got}`,
  )
}

const isRefusal = (status: unknown): status is number =>
  Number.isInteger(status) &&
  (status as number) >= firstRefusal &&
  (status as number) <= lastRefusal

/**
 * Checks the argument of `SessionPool.admit`.
 *
 * @throws {TypeError} The context has an unknown member, or an owner of the wrong type.
 */
export function checkAdmitContext(context: AdmitContext<object>): void {
  checkOptions('the context of admit', context, admitContextNames)
  checkOwner(context.owner)
  if (context.groups !== undefined) checkGroups(context.groups)
}

const admitContextNames: readonly (keyof AdmitContext)[] = [
  'owner',
  'path',
  'query',
  'action',
  'expiresAt',
  'groups',
  'maxSessionsPerUser',
  'replaces',
  'signal',
  'request',
  'isPeer',
]
