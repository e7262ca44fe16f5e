import { Command, CommanderError } from 'commander'
import { expect, it } from 'vitest'
import { captureOutput } from '../../src/command-line/capture-output.js'

const parsed = (...args: string[]) => {
  const command = new Command('example').version('1.2.3').option('--port <number>', 'a port')
  const output = captureOutput(command)
  return { output, parse: () => command.parse(args, { from: 'user' }) }
}

it('collects what a command prints, and throws instead of ending the process', () => {
  const { output, parse } = parsed('--version')
  expect(parse).toThrow(CommanderError)
  expect(output).toEqual({ stdout: '1.2.3\n', stderr: '' })
})

it('collects errors without suggestions', () => {
  const { output, parse } = parsed('--prot', '1')
  expect(parse).toThrow(CommanderError)
  expect(output).toEqual({ stdout: '', stderr: "error: unknown option '--prot'\n" })
})
