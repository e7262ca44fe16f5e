import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('../gortsplib-viewer', import.meta.url))
const folder = fileURLToPath(new URL('../../../node_modules/.cache/rtspool/go/', import.meta.url))

let outcome: { readonly program: string } | { readonly reason: string } | undefined

/** The viewer that is made of gortsplib, built once a process; or why there is none, where there is no Go or no module. */
export function gortsplibViewer(): { readonly program: string } | { readonly reason: string } {
  outcome ??= build()
  return outcome
}

function build(): { readonly program: string } | { readonly reason: string } {
  const program = `${folder}gortsplib-viewer`
  mkdirSync(folder, { recursive: true })
  const { status, error, stderr } = spawnSync('go', ['build', '-o', program, '.'], {
    cwd: source,
    encoding: 'utf8',
    timeout: 120_000,
  })
  if (status === 0) return { program }
  return {
    reason: `gortsplib cannot be built: ${error?.message ?? stderr.trim().split('\n').at(-1)}`,
  }
}
