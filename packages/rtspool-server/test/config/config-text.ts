import { parseConfigFile } from '../../src/config/config-file.js'
import { type LoadedConfig, mergeFile } from '../../src/config/load-config.js'
import { ConfigError } from '../../src/config/problems.js'
import { keySchema } from '../../src/config/schema.js'
import { flagsLayer } from '../../src/options/flags-layer.js'
import { createCommand } from '../../src/options.js'

/** Loads the text of a file together with variables and options. */
export function loadText(
  text: string,
  environment: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): LoadedConfig {
  const command = createCommand('1.2.3').parse(args, { from: 'user' })
  const flags = flagsLayer(keySchema(), command)
  const sources = { file: 'rtspool.yml', environment, flags, users: [] }
  return mergeFile(parseConfigFile('rtspool.yml', text), sources)
}

/** Returns the messages of all mistakes; empty if there are none. */
export function mistakesOf(run: () => unknown): string[] {
  try {
    run()
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ message }) => message)
  }
}
