import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('../retina-viewer', import.meta.url))
const folder = fileURLToPath(
  new URL('../../../node_modules/.cache/rtspool/retina-viewer', import.meta.url),
)

/** The viewer that is made of retina, built in some minutes where it is not yet; or why there is none. */
export function retinaViewer(): { readonly program: string } | { readonly reason: string } {
  cpSync(source, folder, { recursive: true, preserveTimestamps: true })
  const { status, error, stderr } = spawnSync('cargo', ['build', '--release', '--jobs', '1'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 1_800_000,
  })
  if (status === 0) return { program: `${folder}/target/release/retina-viewer` }
  return { reason: `retina cannot be built: ${error?.message ?? stderr.trim().split('\n').at(-1)}` }
}
