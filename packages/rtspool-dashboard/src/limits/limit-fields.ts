/** Limits of the server by their names in the API. */
export type Limits = Readonly<Record<string, number>>

/** A limit that the page shows, with its name in the API and its label. */
export interface LimitField {
  /** Name of the limit in the API, and in the section `limits` of the configuration. */
  readonly name: string
  readonly label: string
  readonly isSeconds?: boolean
}

/** Limits in the order in which the page shows them. */
export const limitFields: readonly LimitField[] = [
  { name: 'maxSessions', label: 'Sessions' },
  { name: 'maxSessionsPerAddress', label: 'Sessions of one address' },
  { name: 'maxSessionsPerUser', label: 'Sessions of one user' },
  { name: 'maxSessionsPerPath', label: 'Sessions of one path' },
  { name: 'maxConnections', label: 'Connections' },
  { name: 'maxConnectionsPerAddress', label: 'Connections of one address' },
  { name: 'maxIdleSetup', label: 'Seconds from SETUP to PLAY', isSeconds: true },
  { name: 'maxLifetime', label: 'Longest life of a session in seconds', isSeconds: true },
]

/** Members of a configuration key, as the API returns it, that the page uses. */
export interface ConfigKeyView {
  readonly key: string
  readonly value?: unknown
  /** Value that the server uses at present, if it differs from the configured one. */
  readonly valueInUse?: unknown
  /** Source of the value: an option, an environment variable, or a line of the file. */
  readonly source: string
  /** Option or environment variable that overrides the value in the file. */
  readonly overriddenBy?: string
}

/** Members of the configuration, as the API returns it to an admin. */
export interface ConfigView {
  /** Name of the configuration file; absent if the server has none. */
  readonly file?: string
  readonly keys: readonly ConfigKeyView[]
}

/** Returns the limits whose fields in the form differ from the limits of the server. An empty field changes nothing. */
export function changedLimits(
  limits: Limits,
  fields: Readonly<Record<string, string>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, text]) => {
      const value = Number(text)
      return text.trim() === '' || value === limits[name] ? [] : [[name, value]]
    }),
  )
}

/**
 * Returns the configuration key of a limit; `undefined` for users who may not read the
 * configuration.
 */
export function keyOfLimit(
  config: ConfigView | undefined,
  name: string,
): ConfigKeyView | undefined {
  return config?.keys.find(({ key }) => key === `limits.${name}`)
}

/**
 * Returns a sentence that tells the source of a limit's value, such as an option, and its effect on a change of the
 * limit.
 */
export function sourceText(view: ConfigKeyView): string {
  const { key, value, valueInUse, source, overriddenBy } = view
  if (overriddenBy) return `${overriddenBy} fixes the value: a saved one has no effect.`
  const isOther = valueInUse !== undefined && value !== undefined
  const place = source === key ? 'the default' : source.replace(`: ${key}`, '')
  if (isOther) return `Not ${String(value)}, as ${place} says`
  return source === key ? 'The default' : `From ${place}`
}
