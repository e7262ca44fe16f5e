/** Levels of the log, from the lowest to the highest, as in the package pino. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** One of the {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number]

/** Formats of the log: lines for people, or one JSON object a line. */
export const logFormats = ['pretty', 'json'] as const

/** One of {@link logFormats}. */
export type LogFormat = (typeof logFormats)[number]
