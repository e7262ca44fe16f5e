import { isDeepStrictEqual } from 'node:util'
import type { BanOptions, MountPoints, RtspServer, TlsCertificate } from 'rtspool'
import { closeReplacedLogins } from '../../access/external-logins.js'
import type { RecordingService } from '../../recording/recording-service.js'
import type { Replay } from '../../replay/replay.js'
import type { SourceService } from '../../sources/source-service.js'
import { readCertificate } from '../certificate.js'
import type { Environment } from '../environment.js'
import { fillPaths, freePaths, mountPlanOf, takenPaths } from '../mount-plan.js'
import { ConfigError } from '../problems.js'
import { banOptionsOf } from '../sections/bans.js'
import { recordingPlansOf } from '../sections/recordings.js'
import { sourcePlansOf } from '../sections/sources/source-plans.js'
import { liveOptionsOf, poolLimitsOf } from '../server-options.js'
import { type LivePart, problemOfKey } from './live-part.js'

/**
 * Creates the part of a reload that changes the options of the server, including users and rights.
 * A limit that the API has changed stays until its configuration key changes.
 */
export const serverPart = (server: Pick<RtspServer, 'update' | 'connectionLimits'>): LivePart => ({
  prepare(after, before) {
    const [was, is] = [liveOptionsOf(before), liveOptionsOf(after)]
    const next = differing(is, was)
    const changed = Object.keys(next) as (keyof typeof is)[]
    if (changed.length === 0) return undefined
    const problems = changed
      .filter((name) => is[name] === undefined || (name === 'auth' && !is.auth))
      .map((name) =>
        name === 'auth'
          ? problemOfKey(
              after,
              ['auth', 'usersFile'],
              'cannot lose all users while the server runs',
            )
          : problemOfKey(
              after,
              ['limits', name],
              'cannot return to its default while the server runs: give a number',
            ),
      )
    if (problems.length > 0) throw new ConfigError(problems)
    let former = was
    return {
      ...(changed.includes('auth') ? { others: ['users and rights'] } : {}),
      apply: () => {
        former = { ...was, ...server.connectionLimits }
        server.update(next)
        closeReplaced(was, is)
      },
      undo: () => {
        server.update(Object.fromEntries(changed.map((name) => [name, former[name]])))
        closeReplaced(is, was)
      },
    }
  },
})

/** Closes the connections of the login hook that the new settings no longer use. */
function closeReplaced({ auth: was }: AuthSettings, { auth: is }: AuthSettings): void {
  const hook = was ? was.login : undefined
  if (hook !== (is ? is.login : undefined)) closeReplacedLogins(hook)
}

type AuthSettings = Pick<ReturnType<typeof liveOptionsOf>, 'auth'>

/** Returns the members of the first object whose values differ from those of the second one. */
function differing<Values extends object>(is: Values, was: Values): Partial<Values> {
  const others = was as Readonly<Record<string, unknown>>
  const members = Object.entries(is).filter(([name, value]) => !isSameValue(value, others[name]))
  return Object.fromEntries(members) as Partial<Values>
}

/**
 * Returns whether two values of an option are equal. Functions, such as hooks, are equal if they
 * are the same object.
 */
function isSameValue(one: unknown, other: unknown): boolean {
  const hooks: unknown[] = []
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, part) => {
      if (typeof part !== 'function') return part
      if (!hooks.includes(part)) hooks.push(part)
      return `hook ${hooks.indexOf(part)}`
    })
  return text(one) === text(other)
}

/**
 * Creates the part of a reload that changes the limits of the session pool. A limit that the API
 * has changed stays until its configuration key changes.
 */
export const limitsPart = ({ pool }: Pick<RtspServer, 'pool'>): LivePart => ({
  prepare(after, before) {
    const next = differing(poolLimitsOf(after.config), poolLimitsOf(before.config))
    if (Object.keys(next).length === 0) return undefined
    let former = pool.limits
    return {
      apply: () => {
        former = pool.limits
        pool.setLimits(next)
      },
      undo: () => pool.setLimits(former),
    }
  },
})

/**
 * Creates the part of a reload that changes the rules for automatic bans, and the number of records
 * of removed sessions.
 */
export const bansPart = ({ pool }: Pick<RtspServer, 'pool'>): LivePart => ({
  prepare(after, before) {
    const [was, is] = [before.config, after.config].map(({ bans, sessions }) => ({
      bans: banOptionsOf(bans),
      maxLeavers: sessions.maxLeavers,
    })) as [BanSettings, BanSettings]
    if (JSON.stringify(was) === JSON.stringify(is)) return undefined
    const change = ({ bans, maxLeavers }: BanSettings): void => {
      pool.bans.update(bans)
      pool.leavers.max = maxLeavers
    }
    return { apply: () => change(is), undo: () => change(was) }
  },
})

interface BanSettings {
  readonly bans: BanOptions
  readonly maxLeavers: number
}

/**
 * Creates the part of a reload that removes files from their paths. This part comes before {@link sourcesPart}, and
 * {@link mountsPart} comes after. One reload can thus move a path from one section to another.
 */
export const freedPathsPart = ({ mounts }: { readonly mounts: MountPoints }): LivePart => ({
  prepare(after, before) {
    const [was, is] = [mountPlanOf(before.config), mountPlanOf(after.config)]
    return { apply: () => freePaths(mounts, was, is), undo: () => fillPaths(mounts, is, was) }
  },
})

/**
 * Creates the part of a reload that mounts files at paths, and changes the paths to which clients may publish. Needs
 * {@link freedPathsPart} before.
 */
export const mountsPart = ({ mounts }: { readonly mounts: MountPoints }): LivePart => ({
  prepare(after, before) {
    const [was, is] = [mountPlanOf(before.config), mountPlanOf(after.config)]
    const taken = takenPaths(mounts, was, is).filter((path) => !(path in before.config.sources))
    if (taken.length > 0) {
      throw new ConfigError(
        taken.map((path) =>
          problemOfKey(after, ['paths', path], 'is in use: a client publishes there'),
        ),
      )
    }
    return {
      apply: () => fillPaths(mounts, was, is),
      undo: () => {
        freePaths(mounts, is, was)
        fillPaths(mounts, is, { ...was, files: is.files })
      },
    }
  },
})

/** Creates the part of a reload that changes which media are recorded, and where. */
export const recordingsPart = (recordings: Pick<RecordingService, 'update'>): LivePart => ({
  prepare(after, before) {
    const [was, is] = [
      recordingPlansOf(before.config.recordings),
      recordingPlansOf(after.config.recordings),
    ]
    if (isDeepStrictEqual(was, is)) return undefined
    return { apply: () => recordings.update(is), undo: () => recordings.update(was) }
  },
})

/**
 * Creates the part of a reload that changes the sources of paths. Reads files with passwords again at each reload,
 * because their contents change while their names stay.
 *
 * @param environment - Variables that may contain passwords.
 */
export const sourcesPart = (
  { mounts }: { readonly mounts: MountPoints },
  sources: Pick<SourceService, 'plans' | 'update'>,
  environment: Environment,
): LivePart => ({
  prepare(after, before) {
    const was = sources.plans
    const is = sourcePlansOf(after, environment)
    if (isDeepStrictEqual(was, is)) return undefined
    const taken = is.filter(
      ({ path }) =>
        !was.some((plan) => plan.path === path) &&
        !mountPlanOf(before.config).files.has(path) &&
        mounts.get(path),
    )
    if (taken.length > 0) {
      throw new ConfigError(
        taken.map(({ path }) =>
          problemOfKey(after, ['sources', path], 'is in use: a client publishes there'),
        ),
      )
    }
    return { apply: () => sources.update(is), undo: () => sources.update(was) }
  },
})

/** Creates the part of a reload that changes the path at which recordings are played. */
export const replayPart = (replay: Pick<Replay, 'update' | 'isTaken'>): LivePart => ({
  prepare(after, before) {
    const settings = ({ config }: typeof after) =>
      [config.replay, Object.keys(config.recordings).length > 0] as const
    const [was, is] = [settings(before), settings(after)]
    if (isDeepStrictEqual(was, is)) return undefined
    const { path } = after.config.replay
    const isFreed =
      path !== false &&
      (mountPlanOf(before.config).files.has(path) || path in before.config.sources)
    if (!isFreed && replay.isTaken(...is)) {
      const says = 'is in use: a client publishes there'
      throw new ConfigError([problemOfKey(after, ['replay', 'path'], says)])
    }
    return { apply: () => replay.update(...is), undo: () => replay.update(...was) }
  },
})

/** Creates the part of a reload that changes the level of the log. */
export const logPart = (log: { setLevel(level: string): void }): LivePart => ({
  prepare(after, before) {
    const [was, is] = [before.config.log.level, after.config.log.level]
    if (was === is) return undefined
    return { apply: () => log.setLevel(is), undo: () => log.setLevel(was) }
  },
})

/** A server whose port uses the TLS certificate, and which can load another one. */
export type CertificateUser = Pick<RtspServer, 'reloadCertificate'>

/**
 * Creates the part of a reload that changes the TLS key and certificate on all ports that use them. Reads the files
 * again at each reload, because their contents change while their names stay.
 *
 * @param users - Servers that use the certificate.
 * @param current - Key and certificate in use; `undefined` without TLS, which a reload cannot turn on.
 */
export function certificatePart(
  users: readonly CertificateUser[],
  current: TlsCertificate | undefined,
): LivePart {
  let inUse = current
  const use = (certificate: TlsCertificate): void => {
    for (const user of users) user.reloadCertificate(certificate)
    inUse = certificate
  }
  return {
    prepare(after) {
      const next = readCertificate(after)
      if (next === undefined && inUse === undefined) return undefined
      if (next === undefined || inUse === undefined) {
        const says = 'cannot turn TLS on or off while the server runs'
        throw new ConfigError([problemOfKey(after, ['tls', 'keyFile'], says)])
      }
      if (isSame(next, inUse)) return undefined
      const before = inUse
      return {
        others: ['certificate'],
        apply: () => use(next),
        undo: () => use(before),
      }
    },
  }
}

const isSame = (one: TlsCertificate, other: TlsCertificate): boolean =>
  Buffer.from(one.key).equals(Buffer.from(other.key)) &&
  Buffer.from(one.cert).equals(Buffer.from(other.cert))
