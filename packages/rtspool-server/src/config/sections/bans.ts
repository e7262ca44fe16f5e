import { type BanOptions, banDefaults } from 'rtspool'
import { z } from 'zod'
import { file, fileText, key, network, seconds } from '../key-meta.js'

const maxEvents = 1_000_000
const events = () => z.int().min(1).max(maxEvents)

const failedLoginsSection = z.strictObject({
  enabled: key(z.boolean().default(false), {
    description: 'ban an address after too many failed logins',
    live: true,
  }),
  attempts: key(events().default(20), {
    description: 'number of wrong logins of one address that leads to a ban',
    live: true,
  }),
  windowSeconds: key(seconds().default(600), {
    description: 'time in which they count, from the first one on',
    unit: 'seconds',
    live: true,
  }),
  banSeconds: key(seconds().default(3600), {
    description: 'time for which the address is banned; 0 = for ever',
    unit: 'seconds',
    live: true,
  }),
})

const flappingSection = z.strictObject({
  enabled: key(z.boolean().default(false), {
    description: 'ban a user, or an address without user, that creates too many sessions',
    live: true,
  }),
  sessions: key(events().default(100), {
    description: 'number of new sessions of one user or address that leads to a ban',
    live: true,
  }),
  windowSeconds: key(seconds().default(60), {
    description: 'time in which they count, from the first one on',
    unit: 'seconds',
    live: true,
  }),
  banSeconds: key(seconds().default(600), {
    description: 'time for which the user or address is banned; 0 = for ever',
    unit: 'seconds',
    live: true,
  }),
  paths: key(z.boolean().default(false), {
    description: 'count and ban paths as well, for everybody',
    live: true,
  }),
})

/**
 * Section `bans` of the configuration: the list of banned clients, and rules for automatic bans.
 */
export const bansSection = z.strictObject({
  file: key(file().optional(), {
    description: 'file that keeps the bans over restarts; one process writes it',
    defaultText: 'rtspool-bans.json in $STATE_DIRECTORY, without which bans end with the process',
    isFile: true,
    expected: fileText,
    examples: ['/var/lib/rtspool/bans.json'],
  }),
  maxBans: key(z.int().min(1).max(1_000_000).default(banDefaults.maxBans), {
    description: 'limit on the number of bans; a full list displaces automatic ones',
    live: true,
  }),
  tellReason: key(z.boolean().default(banDefaults.tellReason), {
    description: 'tell a client the reason of its ban, in the body of the response',
    live: true,
  }),
  exempt: key(z.array(network()).default([...banDefaults.exempt]), {
    description: 'addresses and networks that are never banned automatically, such as proxies',
    live: true,
  }),
  failedLogins: failedLoginsSection.prefault({}),
  flapping: flappingSection.prefault({}),
})

/** Returns the library's options for bans, from the section `bans`. */
export function banOptionsOf({
  file: _file,
  failedLogins,
  flapping,
  ...others
}: z.output<typeof bansSection>): BanOptions {
  const { enabled: bansGuessers, ...guesses } = failedLogins
  const { enabled: bansFlapping, ...comings } = flapping
  return {
    ...others,
    failedLogins: bansGuessers && guesses,
    flapping: bansFlapping && comings,
  }
}
