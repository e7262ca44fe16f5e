import type { SourceView } from './source-view.js'

/** Texts of the fields in the form of a source, by name. A box to check has `true` or `false`. */
export type SourceFields = Readonly<Record<string, string>>

/** Body of a request that adds or changes a source: only settings that have a new value. */
export type SourceBody = Readonly<Record<string, string | number | boolean | readonly string[]>>

/** Values with which the form of a new source begins; all other fields begin empty. */
const newSource: SourceFields = { transport: 'auto', basic: 'overTls', alwaysOn: 'false' }

/**
 * Returns the texts with which the fields of the form begin. URL and credentials begin empty: the page never knows
 * them. Spare URLs begin without their credentials.
 *
 * @param source - Source to change; `undefined` for a new one.
 */
export function firstFields(source: SourceView | undefined): SourceFields {
  if (!source) return newSource
  const { alwaysOn, settings, sources = [] } = source
  const failover = sources.slice(1).join('\n')
  const values = Object.entries({ ...settings, alwaysOn, failover })
  return Object.fromEntries(values.map(([name, value]) => [name, String(value)]))
}

/** Limits on the value of a number field. */
export interface NumberLimits {
  readonly min: number
  readonly max: number
}

/**
 * Returns the limits on a number field that may keep its present value. The configuration file allows larger values
 * than the API, and a browser sends no form with a value outside its limits.
 *
 * @param present - Text of the present value; `undefined` or empty for a new source.
 */
export function limitsWith(present: string | undefined, { min, max }: NumberLimits): NumberLimits {
  const value = Number(present || min)
  return { min: Math.min(min, value), max: Math.max(max, value) }
}

/**
 * Returns the settings of a form that differ from those before. An empty field leaves its setting as it is, except that
 * of the spare URLs, which then has none.
 */
export function bodyOf(fields: SourceFields, first: SourceFields): SourceBody {
  const changed = Object.entries(fields).filter(
    ([name, text]) => (text !== '' || name === 'failover') && text !== (first[name] ?? ''),
  )
  return Object.fromEntries(changed.map(([name, text]) => [name, settingOf(name, text)]))
}

function settingOf(name: string, text: string): SourceBody[string] {
  if (name === 'alwaysOn') return text === 'true'
  if (name === 'failover') return text === '' ? [] : text.split('\n')
  return name.endsWith('Seconds') ? Number(text) : text
}

/**
 * Reads the fields of a form. Spaces around a text count only in a password. Spare URLs are one in a line, without
 * empty lines.
 */
export function fieldsOf(form: FormData): SourceFields {
  const texts = [...form].map(([name, value]): [string, string] => {
    const text = String(value)
    if (name === 'failover') return [name, text.trim().split(/\s+/).join('\n')]
    return [name, name === 'password' ? text : text.trim()]
  })
  return { ...Object.fromEntries(texts), alwaysOn: String(form.has('alwaysOn')) }
}
