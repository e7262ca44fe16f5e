/** Programs that run beside the client, and end with its process. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'

const running = new Set()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Command that runs another one in the network of the servers. */
const { UPSTREAMS_NETWORK: network } = process.env
const within = network === undefined ? [] : ['nsenter', '-t', network, '-n']

/** Longest time in milliseconds until a program is ready, or a picture arrives, on a busy machine. */
const patienceMs = 30_000

/** Waits until a condition holds. @returns Whether it did within half a minute. */
export async function until(condition) {
  const end = performance.now() + patienceMs
  while (!condition() && performance.now() < end) await wait(10)
  return condition()
}

/**
 * Starts a program, and waits for a text in its output.
 *
 * @param onLine - Called with each later line of the standard output.
 * @returns The match of `ready`, and `kill`, which ends the program at once.
 */
export async function startProgram(command, args, ready, { onLine = () => {}, ...options } = {}) {
  const [program, ...programArgs] = [...within, command, ...args]
  const child = spawn(program, programArgs, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let [text, rest, match, isRunning] = ['', '', null, true]
  const exited = once(child, 'exit').catch((error) => {
    text += error.message
  })
  void exited.then(() => {
    isRunning = false
    running.delete(child)
  })
  child.stderr.setEncoding('utf8').on('data', (data) => {
    text = (text + data).slice(-10_000)
  })
  child.stdout.setEncoding('utf8').on('data', (data) => {
    if (!match) text += data
    const lines = (rest + data).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
  const isReady = () => {
    match ??= ready.exec(text)
    return match !== null
  }
  await until(() => isReady() || !isRunning)
  if (!match) throw new Error(`${command} did not start: ${text}`)
  const kill = async () => {
    child.kill('SIGKILL')
    await exited
  }
  return { match, kill }
}
