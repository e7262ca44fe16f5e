import { hostOf } from '../../host-of.js'
import type {
  AdmissionLimit,
  AdmissionRequest,
  SessionGroups,
  SessionLimits,
} from '../../session-pool/index.js'
import { poolKey } from '../cluster-store.js'
import type { CreditDemand } from './leased-credits.js'

/** Owner, path and groups of a new session, by which limits count the session. */
export type CountedSession = Pick<AdmissionRequest<object>, 'owner' | 'path' | 'groups'>

/** Limits of a pool by the first word of their keys in a cluster. */
const limitNames: Readonly<Record<string, AdmissionLimit>> = Object.freeze({
  [poolKey]: 'maxSessions',
  address: 'maxSessionsPerAddress',
  user: 'maxSessionsPerUser',
  group: 'maxSessionsPerGroup',
  path: 'maxSessionsPerPath',
})

/**
 * Returns the limits that count a new session, in the order that all nodes use. Unlimited numbers are left out.
 *
 * An address counts as in a pool: IPv4 addresses one by one, IPv6 addresses by their /64 network.
 */
export function demandsOf(
  limits: SessionLimits,
  { owner, path, groups }: CountedSession,
): CreditDemand[] {
  const demands = demandOf(poolKey, limits.maxSessions)
  if (owner !== undefined) {
    demands.push(...demandOf(`address ${hostOf(owner.address)}`, limits.maxSessionsPerAddress))
  }
  if (owner?.user !== undefined) {
    demands.push(...demandOf(`user ${owner.user}`, limits.maxSessionsPerUser))
  }
  if (groups) demands.push(...groupDemandsOf(limits, groups))
  if (path !== undefined) demands.push(...pathDemandOf(limits, path))
  return demands
}

/** Returns the limit that counts one more path of a session; none if the number of sessions of a path is unlimited. */
export const pathDemandOf = (limits: SessionLimits, path: string | undefined): CreditDemand[] =>
  path === undefined ? [] : demandOf(`path ${path}`, limits.maxSessionsPerPath)

/** Returns the name that a pool uses for the limit with a key, such as `maxSessionsPerUser` for `user alice`. */
export function limitOf(key: string): AdmissionLimit {
  const [kind = ''] = key.split(' ', 1)
  return limitNames[kind] ?? 'admissionControl'
}

const groupDemandsOf = (
  { maxSessionsPerGroup: ofNames }: SessionLimits,
  groups: SessionGroups,
): CreditDemand[] =>
  Object.entries(groups)
    .sort(byName)
    .flatMap(([name, value]) => {
      const ofValues = (Object.hasOwn(ofNames, name) && ofNames[name]) || {}
      const max = Object.hasOwn(ofValues, value) ? ofValues[value] : undefined
      return demandOf(`group ${name}=${value}`, max ?? 0)
    })

const demandOf = (key: string, max: number): CreditDemand[] => (max > 0 ? [{ key, max }] : [])

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
  a < b ? -1 : 1
