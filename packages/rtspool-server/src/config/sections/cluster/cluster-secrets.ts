import { textOfFile } from '../../file-text.js'
import type { LoadedConfig } from '../../load-config.js'
import { OptionValueError } from '../../option-value-error.js'
import type { Config } from '../../schema.js'
import { isStoreUrl, leastKey, urlText } from './cluster.js'

/**
 * Returns the configuration with the secrets of the cluster that files contain. A file has one line; that of `idKeysFile`
 * has one line for each secret.
 *
 * @throws {OptionValueError} A file cannot be read, or contains no such secret. The message does not show its text.
 */
export function withClusterSecrets(loaded: Pick<LoadedConfig, 'config' | 'sourceOf'>): Config {
  const { cluster } = loaded.config
  const read = (name: 'urlFile' | 'keyFile' | 'idKeysFile', isValid: Check, expected: string) => {
    const path = ['cluster', name]
    const lines = textOfFile(loaded, path, cluster[name])
      ?.trim()
      .split(/\s*\n\s*/)
    const isOne = name === 'idKeysFile' || lines?.length === 1
    if (lines === undefined || (isOne && lines.every(isValid))) return lines
    throw new OptionValueError(`${loaded.sourceOf(path)} ${cluster[name]} must have ${expected}`)
  }
  const isLong: Check = ({ length }) => length >= leastKey
  const url = read('urlFile', isStoreUrl, urlText)
  const key = read('keyFile', isLong, `one line of ${leastKey} and more characters`)
  const idKeys = read('idKeysFile', isLong, `lines of ${leastKey} and more characters`)
  const secrets = {
    url: url?.[0] ?? cluster.url,
    key: key?.[0] ?? cluster.key,
    idKeys: idKeys ?? cluster.idKeys,
  }
  return { ...loaded.config, cluster: { ...cluster, ...secrets } }
}

type Check = (text: string) => boolean
