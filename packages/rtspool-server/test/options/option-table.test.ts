import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { optionPages, optionsTable, withTable } from '../../../../scripts/options-doc.mjs'
import { createConformCommand } from '../../../rtspool-conform/src/options.js'
import { createCameraCommand } from '../../src/camera/camera-command.js'
import { keySchema } from '../../src/config/schema.js'
import { optionTable } from '../../src/options/option-table.js'
import { createCommand } from '../../src/options.js'

const options = optionTable(keySchema())
const commands = [createCommand('1.2.3'), createConformCommand(), createCameraCommand(() => {})]
const commandNamed = (name: string) => {
  const command = commands.find((candidate) => candidate.name() === name)
  if (!command) throw new Error(`no command ${name}`)
  return command
}
const textOf = (page: string) =>
  readFileSync(new URL(`../../../../${page}`, import.meta.url), 'utf8')

describe('a document', { tags: 'U-16' }, () => {
  it.each(Object.entries(optionPages))(
    '%s has every option of %s with its default and meaning',
    (page, name) => {
      const text = textOf(page)
      expect(withTable(text, optionsTable(commandNamed(name)))).toBe(text)
    },
  )

  it.each([
    ['a new option', (command: Command) => command.option('--new <n>', 'something new')],
    ['another meaning', (command: Command) => command.option('--only <ids>', 'other words')],
    ['another default', (command: Command) => command.option('--timeout <s>', 'a while', '7')],
    ['an option without a value', (command: Command) => command.option('--loud', 'print more')],
    ['a negated option', (command: Command) => command.option('--no-test', 'mount no /test')],
  ])('is out of date after %s', (_change, change) => {
    const text = textOf('docs/reference/conform.md')
    const command = change(new Command('rtspool conform'))
    for (const option of createConformCommand().options) {
      if (!command.options.some(({ long }) => long === option.long)) command.addOption(option)
    }
    expect(withTable(text, optionsTable(command))).not.toBe(text)
  })

  it('without its marks is reported differently from an outdated one', () => {
    expect(withTable('# No table', '| option |')).toBeUndefined()
  })
})

it('--help has the text and the default of each entry of the table', { tags: 'U-16' }, () => {
  const help = createCommand('1.2.3').configureHelp({ helpWidth: 1000 }).helpInformation()
  for (const { flags, text, value, defaultText } of options) {
    const line = help.split('\n').find((candidate) => candidate.includes(`${flags} `))
    expect(line).toContain(text)
    const stated = defaultText ?? value
    if (stated !== undefined)
      expect(line).toContain(`(default: ${defaultText ?? JSON.stringify(value)})`)
  }
})

it('the table has each option once, without a full stop at the end', { tags: 'U-16' }, () => {
  const names = options.map(({ flags }) => flags.split(' ')[0])
  expect(new Set(names).size).toBe(names.length)
  expect(options.filter(({ text }) => text.endsWith('.'))).toEqual([])
})
