// The `rtspool` command as built here, or another build of it.
import { fileURLToPath } from 'node:url'
import { Program, serverCore } from './processes.mjs'

const builtHere = fileURLToPath(
  new URL('../../packages/rtspool-server/dist/main.js', import.meta.url),
)

/**
 * Starts the command, and waits until it listens.
 *
 * @param file - `main.js` of the build.
 * @param stateFolder - Folder for the files that the command keeps.
 * @returns The program, its RTSP URL without a path, and all that it has printed.
 */
export async function startBuiltCommand(args, { file = builtHere, stateFolder }) {
  const program = new Program(process.execPath, [file, ...args], {
    core: serverCore,
    env: { STATE_DIRECTORY: stateFolder },
  })
  let printed = ''
  const isReady = new Promise((resolve) => {
    program.child.stdout.on('data', (chunk) => {
      printed += chunk
      if (/publish {2}\S/.test(printed)) resolve()
    })
  })
  await Promise.race([isReady, program.ended])
  const url = /listens on (rtsp:\/\/[^\s/]*)/.exec(printed)?.[1]
  if (!url) throw new Error(`the command did not start: ${printed}${program.stderr}`)
  return { program, url, printed }
}
