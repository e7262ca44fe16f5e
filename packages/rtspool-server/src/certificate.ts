import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import type { RtspServer, TlsCertificate } from 'rtspool'
import type { TlsFiles } from './options.js'

/**
 * Reads a file. The error of the file system does not name a directory, so the message adds the
 * file.
 */
function readFile(flag: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${flag} ${file} cannot be read: ${reason}`, { cause })
  }
}

/**
 * Reads the key and the certificate.
 *
 * @throws {Error} Names the option and the file.
 */
export function readCertificate({ keyFile, certFile }: TlsFiles): TlsCertificate {
  return { key: readFile('--tls-key', keyFile), cert: readFile('--tls-cert', certFile) }
}

/**
 * Loads key and certificate again. If they are unusable, the old ones stay and the log gives the
 * reason.
 */
export function reloadCertificate(server: RtspServer, files: TlsFiles, log: Logger): void {
  try {
    server.reloadCertificate(readCertificate(files))
    const expiresAt = server.stats().tls?.certificateExpiresAt ?? Number.NaN
    log.info({ expires: new Date(expiresAt).toISOString() }, 'certificate reloaded')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    log.error({ reason }, 'certificate not reloaded, the one before stays')
  }
}
