import type { ApiClient } from '../api/api-client.js'

/** Result of a saved configuration change, as the API returns it. */
interface SaveResult {
  readonly file: string
  readonly overridden: readonly { readonly key: string; readonly by: string }[]
}

/**
 * Changes limits of the running server, until the server restarts.
 *
 * @returns Sentence for the user about the change.
 * @throws {ApiError}
 */
export async function applyLimits(
  client: ApiClient,
  limits: Readonly<Record<string, number>>,
): Promise<string> {
  await client.patch('/v1/limits', limits)
  return 'Changed until the server restarts.'
}

/**
 * Saves limits in the configuration file, and changes them in the running server. Limits that a
 * command-line option or an environment variable sets do not change there.
 *
 * @returns Sentences for the user about the change.
 * @throws {ApiError}
 */
export async function saveLimits(
  client: ApiClient,
  limits: Readonly<Record<string, number>>,
): Promise<string> {
  const changes = Object.fromEntries(
    Object.entries(limits).map(([name, value]) => [`limits.${name}`, value]),
  )
  const { file, overridden } = await client.patch<SaveResult>('/v1/config', { changes })
  const fixed = new Set(overridden.map(({ key }) => key))
  const live = Object.entries(limits).filter(([name]) => !fixed.has(`limits.${name}`))
  // A limit that was changed without the file may differ from the value that the file had.
  if (live.length > 0) await client.patch('/v1/limits', Object.fromEntries(live))
  const kept = overridden.map(({ key, by }) => ` ${key} stays as it is: ${by} fixes it.`)
  return `Saved in ${file}.${kept.join('')}`
}
