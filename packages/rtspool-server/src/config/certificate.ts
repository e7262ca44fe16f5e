import { readFileSync } from 'node:fs'
import type { TlsCertificate } from 'rtspool'
import type { LoadedConfig } from './load-config.js'

/**
 * Reads a file that the configuration names.
 *
 * @throws {Error} The message has the place of the configuration key, the name of the file, and the reason of the
 *   system.
 */
function readFile(source: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${source} ${file} cannot be read: ${reason}`, { cause })
  }
}

/**
 * Reads the private key and the certificate for TLS.
 *
 * @returns `undefined` if the configuration names none.
 * @throws {Error} Names the source of the file's name, and the file.
 */
export function readCertificate({ config, sourceOf }: LoadedConfig): TlsCertificate | undefined {
  const { keyFile, certFile } = config.tls
  if (keyFile === undefined || certFile === undefined) return undefined
  return {
    key: readFile(sourceOf(['tls', 'keyFile']), keyFile),
    cert: readFile(sourceOf(['tls', 'certFile']), certFile),
  }
}
