import type { BanOptions, RtspServer, TlsCertificate } from 'rtspool'
import { closeReplacedLogins } from '../../access/external-logins.js'
import { readCertificate } from '../certificate.js'
import { ConfigError } from '../problems.js'
import { banOptionsOf } from '../sections/bans.js'
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
