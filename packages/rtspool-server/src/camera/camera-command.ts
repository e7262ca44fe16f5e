import { Command, InvalidArgumentError } from 'commander'
import { type CommandOutput, runCommand } from '../config/commands/config-command.js'
import { testPath } from '../test-picture.js'
import { defaultHost, defaultPort } from './camera-server.js'
import { faultNames, faultTable } from './fault-table.js'
import type { Faults } from './faults.js'
import { FaultError, parseFault } from './parse-faults.js'
import { quirks } from './quirks/quirks.js'
import { type CameraCommandOptions, filePath, serveCameras } from './serve-cameras.js'
import type { CameraUser } from './virtual-camera.js'

const defaultTlsPort = 8322

/**
 * Creates the parser of the command line of `rtspool camera`.
 *
 * @param run - Called with the file and the options.
 */
export function createCameraCommand(
  run: (file: string | undefined, options: CameraCommandOptions) => void,
): Command {
  const command = new Command('rtspool camera')
    .description('Serves virtual cameras for tests: a picture with the faults that the URL names.')
    .argument('[file]', `file to play at ${filePath}, beside the test pictures`)
    .option('--port <port>', 'port for RTSP; 0 = any free one', portOf, defaultPort)
    .option('--host <host>', 'address to listen on; 0.0.0.0 = the whole network', defaultHost)
    .option('--user <name:password>', 'login for --auth (default: admin:camera)', userOf)
    .option('--tls-port <port>', 'port for rtsps; 0 = any free one', portOf, defaultTlsPort)
    .option('--tls-key <file>', 'private key in PEM; turns on rtsps')
    .option('--tls-cert <file>', 'certificate in PEM, which may be self-signed')
    .option('--tls-old', 'offer TLS 1.0 and 1.1 with RSA key exchange only, as old firmware')
    .option('--onvif-port <port>', 'port for ONVIF; 0 = any free one; turns on ONVIF', portOf)
    .option('--discovery', 'answer WS-Discovery on UDP port 3702; needs --onvif-port')
    .option('--list-quirks', 'print the quirks of real cameras, and exit')
  for (const name of faultNames) {
    const { argument, text } = faultTable[name]
    command.option(`--${name} <${argument}>`, text, (value) => flagValue(name, value))
  }
  return command.addHelpText('after', examples).action(run)
}

const examples = `
Each fault is an option for all cameras, and part of a URL for one:

  rtspool camera
  ffplay 'rtsp://127.0.0.1:${defaultPort}${testPath}?loss=1&jitter=40&seed=7'
  ffplay 'rtsp://127.0.0.1:${defaultPort}${testPath}?drop=tcp@30&quirk=19,33b'
  rtspool camera film.mp4 --stall 5@20       plays film.mp4 at ${filePath}`

/**
 * Runs `rtspool camera` until a signal arrives.
 *
 * @param args - Arguments after `camera`.
 * @returns The exit code: 1 if the cameras cannot start, 2 for a bad command line.
 */
export async function cameraCommand(
  args: readonly string[],
  version: string,
  output: CommandOutput,
): Promise<number> {
  let running: Promise<number> | undefined
  const command = createCameraCommand((file, options) => {
    if (options.listQuirks) output.stdout(quirkList())
    else running = serveCameras(file, options, version, output)
  })
  return runCommand(command, args, output) ?? (await running) ?? 0
}

/** Formats the table of all quirks: behaviours of real cameras that a virtual one can show. */
export function quirkList(): string {
  const width = Math.max(...quirks.map(({ id }) => id.length))
  return quirks
    .map(({ id, who, does, source }) => `${id.padEnd(width)}  ${does} (${who}; ${source})\n`)
    .join('')
}

function flagValue<Name extends keyof Faults>(name: Name, text: string): Faults[Name] {
  try {
    return parseFault(name, text)
  } catch (error) {
    if (error instanceof FaultError) throw new InvalidArgumentError(`${error.message}.`)
    throw error
  }
}

function portOf(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 0xffff) return port
  throw new InvalidArgumentError('Expected a port from 0 to 65535.')
}

function userOf(text: string): CameraUser {
  const colon = text.indexOf(':')
  if (colon > 0 && colon < text.length - 1) {
    return { name: text.slice(0, colon), password: text.slice(colon + 1) }
  }
  throw new InvalidArgumentError('Expected a name, a colon and a password.')
}
