import { expect, it } from 'vitest'
import { textOfFile } from '../../src/config/file-text.js'
import { OptionValueError } from '../../src/config/option-value-error.js'

const loaded = { sourceOf: (path: readonly string[]) => path.join('.') }

it('reads nothing without a file, and names a file that cannot be read', () => {
  expect(textOfFile(loaded, ['tls', 'keyFile'], undefined)).toBeUndefined()
  const read = () => textOfFile(loaded, ['tls', 'keyFile'], '/nowhere/key')
  expect(read).toThrow(OptionValueError)
  expect(read).toThrow(/^tls\.keyFile \/nowhere\/key cannot be read: ENOENT/)
})

it('reads the text of a file, and refuses an empty one', () => {
  expect(textOfFile(loaded, ['a'], import.meta.filename)).toContain('refuses an empty one')
  expect(() => textOfFile(loaded, ['a'], '/dev/null')).toThrow(
    '/dev/null must have a key, got an empty file',
  )
})
