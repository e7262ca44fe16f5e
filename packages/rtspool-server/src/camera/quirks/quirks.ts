import { descriptionQuirks } from './descriptions.js'
import { livenessQuirks } from './liveness.js'
import { packetQuirks } from './packets.js'
import type { Quirk } from './quirk.js'
import { requestQuirks } from './requests.js'
import { securityQuirks } from './security.js'
import { transportQuirks } from './transports.js'
import { urlQuirks } from './urls.js'

export type { Quirk } from './quirk.js'

/** All quirks, in the order of their numbers. */
export const quirks: readonly Quirk[] = [
  ...requestQuirks,
  ...urlQuirks,
  ...descriptionQuirks,
  ...transportQuirks,
  ...livenessQuirks,
  ...packetQuirks,
  ...securityQuirks,
].sort((one, other) => one.id.localeCompare(other.id, 'en', { numeric: true }))

/** Finds a quirk; a number without a letter, such as `19`, means its first behaviour, `19a`. */
const quirkOf = (id: string): Quirk | undefined =>
  quirks.find((quirk) => quirk.id === id || quirk.id === `${id}a`)

/** Returns whether a quirk with this identifier exists. */
export const isQuirk = (id: string): boolean => quirkOf(id) !== undefined

/** Returns the quirks with these identifiers. */
export const quirksOf = (ids: readonly string[]): readonly Quirk[] =>
  ids.flatMap((id) => quirkOf(id) ?? [])
